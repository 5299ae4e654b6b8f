from agent_core.events import (
    AnswerRefused,
    CodeDelta,
    CodeReady,
    Compacted,
    Displayed,
    Event,
    FinalAnswer,
    ModelSilent,
    ModelWaiting,
    OutputDelta,
    PermissionAnswered,
    PermissionAsked,
    PlanDelta,
    PlanReady,
    QuestionAnswered,
    QuestionAsked,
    ReasoningDelta,
    RunFinished,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, Execution, FileNote
from agent_core.usage import Usage
from ui.view.transcript import Transcript
from ui.view.turn_view import BegunView, NoteView, PlanView, RefusedView, StepView

TABLE, ANSWER = Display({"text/plain": "t", "text/html": "<table></table>"}), Display({"text/plain": "42"})
CALL = ToolStarted("1", "web_search", {"query": "x"})
FAILED = ToolFinished("1", "web_search", 0.1, "No engine answered.")
STEP_END = StepFinished(1, 1.5, Usage(3, 4, 1), Execution(stdout="hi\n", answer=ANSWER))
END = RunFinished("answer", "", 1, 2.0, Usage(3, 4, 1))
RUN: list[Event] = [
    *(
        RunStarted("why?"),
        StepStarted(1),
        ReasoningDelta("Hm"),
        ReasoningDelta("m."),
        ThoughtDelta("I "),
        ThoughtDelta("try."),
    ),
    *(CodeDelta("print("), CodeReady("print('hi')"), CALL, FAILED, ToolFinished("2", "web_search", 0.1)),
    *(OutputDelta("h"), OutputDelta("i\n"), Displayed(TABLE), STEP_END, FinalAnswer(ANSWER), END),
]


def test_a_progress_bar_moves():
    begin: list[Event] = [
        RunStarted("why?"),
        StepStarted(1),
        CodeReady("for x in tqdm(y): ..."),
        OutputDelta("begin\n 0%"),
    ]
    transcript = Transcript(begin)
    for percent in ("50%", "100%"):
        transcript.apply([OutputDelta(percent, erased=len(transcript.turns[-1].steps[-1].output) - len("begin\n"))])
        assert transcript.turns[-1].steps[-1].output == f"begin\n{percent}"


def test_a_run_becomes_a_turn():
    (turn,) = Transcript(RUN).turns
    (step,) = turn.steps
    assert (turn.question, turn.answer, turn.finished) == ("why?", ANSWER, END)
    assert (step.number, step.reasoning, step.prose, step.code) == (1, "Hmm.", "I try.", "print('hi')")
    assert (step.output, step.tools, step.tool_errors, step.displays) == ("hi\n", [CALL], [FAILED], [TABLE])
    assert (step.running, step.finished) == (False, STEP_END)


def test_it_can_be_read_at_any_moment():
    transcript = Transcript()
    seen = []
    for event in RUN:
        transcript.apply([event])
        step = transcript.turns[0].steps[0] if transcript.turns[0].steps else None
        seen.append((step.code, step.running, step.finished is not None) if step else None)
    assert list(dict.fromkeys(seen)) == [
        None,
        ("", False, False),
        ("print(", False, False),
        ("print('hi')", True, False),
        ("print('hi')", False, True),
    ]
    assert transcript.turns == Transcript(RUN).turns


def test_turns_follow_one_another_and_a_run_may_end_in_mid_step():
    stopped = RunFinished("stopped", "Stopped.")
    turns = Transcript([*RUN, RunStarted("again?"), StepStarted(2), CodeReady("1"), stopped]).turns
    assert [turn.question for turn in turns] == ["why?", "again?"]
    assert turns[1].finished == stopped and turns[1].answer is None
    assert turns[1].steps[0].finished is None


FIRST, SECOND = (PermissionAsked(name, "import", name, "It is good.") for name in ("socket", "ctypes"))
BEGUN: list[Event] = [RunStarted("why?"), StepStarted(1), CodeReady("import socket, ctypes")]


def test_a_permission_is_open_until_it_is_answered_one_at_a_time():
    transcript = Transcript([*BEGUN, FIRST, SECOND])
    (step,) = transcript.turns[0].steps
    assert step.open_question == FIRST
    transcript.apply([PermissionAnswered("socket", "always")])
    assert step.open_question == SECOND
    transcript.apply([PermissionAnswered("ctypes", "deny")])
    assert step.open_question is None
    assert (step.asked, step.replies) == ([FIRST, SECOND], {"socket": "always", "ctypes": "deny"})


def test_questions_and_permissions_are_open_in_the_order_in_which_they_were_asked():
    city = QuestionAsked("city", "Which city?", ("Bern",))
    transcript = Transcript([*BEGUN, FIRST, city, SECOND])
    (turn,) = transcript.turns
    seen = []
    for reply in (
        PermissionAnswered("socket", "always"),
        QuestionAnswered("city", "Bern"),
        PermissionAnswered("ctypes", "deny"),
    ):
        seen.append(turn.open_question)
        transcript.apply([reply])
    assert seen == [FIRST, city, SECOND] and turn.open_question is None
    assert turn.steps[0].replies == {"socket": "always", "city": "Bern", "ctypes": "deny"}


def test_what_was_asked_when_a_run_ended_is_not_allowed_and_not_answered():
    end, city = RunFinished("stopped", "Stopped."), QuestionAsked("city", "Which city?")
    (turn,) = Transcript([*BEGUN, FIRST, PermissionAnswered("socket", "once"), SECOND, city, end]).turns
    (step,) = turn.steps
    assert turn.open_question is None and not step.running
    assert step.replies == {"socket": "once", "ctypes": "deny", "city": None}


def test_the_latest_report_of_a_tool_stands_until_it_has_finished():
    reports = [ToolProgress("1", "web_search", "first"), ToolProgress("2", "web_search", "other")]
    transcript = Transcript([*BEGUN, *reports, ToolProgress("1", "web_search", "second")])
    (step,) = transcript.turns[0].steps
    assert [(call, report.text) for call, report in step.progress.items()] == [("1", "second"), ("2", "other")]
    transcript.apply([ToolFinished("1", "web_search", 0.1)])
    assert list(step.progress) == ["2"]


PLAN_END = PlanReady("1. Look.", 0.5, Usage(1, 1, 1))


def turn_of(*events: Event):
    (turn,) = Transcript([RunStarted("why?"), *events]).turns
    return turn


def test_plans_stand_between_the_steps():
    again = PlanReady("1. Answer.", 0.5, Usage())
    turn = turn_of(PlanDelta("1. "), PlanDelta("Look."), PLAN_END, StepStarted(1), STEP_END, again)
    first, step, second = turn.items
    assert first == PlanView(False, "1. Look.", PLAN_END)
    assert isinstance(step, StepView)
    assert second == PlanView(True, "1. Answer.", again)


def test_a_wait_shows_until_the_reply_goes_on_and_voids_what_was_written():
    wait = ModelWaiting("Busy.", 2.0, "m")
    begun = (StepStarted(1), ReasoningDelta("Hm"), ThoughtDelta("Half"), CodeDelta("x"))
    turn = turn_of(*begun, wait)
    assert turn.waiting == wait
    assert (turn.steps[0].reasoning, turn.steps[0].prose, turn.steps[0].code) == ("", "", "")
    turn = turn_of(*begun, wait, ThoughtDelta("Whole"))
    assert turn.waiting is None and turn.steps[0].prose == "Whole"
    turn = turn_of(PlanDelta("1. Ha"), wait, PLAN_END)
    assert [item.text for item in turn.items if isinstance(item, PlanView)] == ["1. Look."]


def test_silence_shows_until_the_reply_begins_and_voids_nothing():
    begun = (StepStarted(1), ThoughtDelta("Half"), ModelSilent("m"))
    assert turn_of(*begun).waiting == ModelSilent("m")
    turn = turn_of(*begun, ThoughtDelta(" and half"))
    assert turn.waiting is None and turn.steps[0].prose == "Half and half"


def test_tokens_are_counted_while_a_reply_streams():
    assert turn_of(StepStarted(1)).tokens_so_far == 0
    written = turn_of(StepStarted(1), ThoughtDelta("four"), CodeDelta("and four"))
    assert written.tokens_so_far == 3
    ended = turn_of(StepStarted(1), ThoughtDelta("four"), STEP_END, StepStarted(2), ThoughtDelta("four"))
    assert ended.tokens_so_far == STEP_END.usage.total_tokens + 1


def test_a_fall_back_leaves_a_note_before_the_step_it_answers_in():
    turn = turn_of(StepStarted(1), ThoughtDelta("Half"), ModelWaiting("The account is empty.", 0.0, "spare"))
    note, step = turn.items
    assert note == NoteView("The account is empty. Switched to spare.")
    assert isinstance(step, StepView) and step.prose == ""


def test_a_compaction_leaves_a_note():
    turn = turn_of(StepStarted(1), Compacted(9_000, 4_000), ThoughtDelta("I go on."))
    note, step = turn.items
    assert isinstance(note, NoteView) and "short form" in note.text
    assert isinstance(step, StepView) and step.prose == "I go on."


def test_several_compactions_leave_one_note_in_a_turn():
    turn = turn_of(StepStarted(1), Compacted(9_000, 4_000), STEP_END, StepStarted(2), Compacted(9_000, 4_000))
    assert [type(item) for item in turn.items] == [NoteView, StepView, StepView]


def test_a_compaction_in_mid_reply_keeps_no_void_text_and_begins_no_other_plan():
    wait, compacted = ModelWaiting("Busy.", 2.0, "m"), Compacted(9_000, 4_000)
    turn = turn_of(StepStarted(1), compacted, ThoughtDelta("Half"), wait)
    assert turn.steps[0].prose == ""
    turn = turn_of(PlanDelta("1. Ha"), wait, compacted, PlanDelta("1. Look."), PLAN_END)
    assert [item for item in turn.items if isinstance(item, PlanView)] == [PlanView(False, "1. Look.", PLAN_END)]


def test_an_answer_that_is_sent_back_is_not_the_answer():
    turn = turn_of(StepStarted(1), STEP_END, AnswerRefused(ANSWER, "Too short."), StepStarted(2))
    assert turn.answer is None
    assert RefusedView("An answer that was sent back", ANSWER, "Too short.") in turn.items


def test_a_run_that_goes_on_opens_its_turn_again_and_adds_up_what_it_used():
    limit = RunFinished("max_steps", "The limit.", 1, 2.0, Usage(30, 4, 2))
    begun = (StepStarted(1), STEP_END, FinalAnswer(ANSWER), limit, RunResumed(), StepStarted(2))
    turn = turn_of(*begun)
    assert (turn.answer, turn.finished) == (None, None)
    assert any(isinstance(item, RefusedView) and item.answer == ANSWER for item in turn.items)
    turn = turn_of(*begun, FinalAnswer(TABLE), END)
    assert (turn.answer, turn.finished) == (TABLE, END)
    assert (turn.usage, turn.seconds) == (Usage(33, 8, 3), 4.0)


def test_an_answer_that_was_cut_off_stands_until_the_whole_one_takes_its_place():
    cut = RunFinished("cut_off", "It was cut off.")
    begun = (StepStarted(1), STEP_END, FinalAnswer(ANSWER), cut, RunResumed(), StepStarted(2))
    turn = turn_of(*begun)
    assert turn.answer is None and BegunView(ANSWER) in turn.items
    turn = turn_of(*begun, FinalAnswer(TABLE), END)
    assert turn.answer == TABLE and not any(isinstance(item, BegunView) for item in turn.items)


def test_a_turn_has_each_file_once_as_it_was_left():
    def step(number: int, *files: FileNote) -> tuple[StepStarted, StepFinished]:
        return StepStarted(number), StepFinished(number, 0.1, Usage(), Execution(files=files))

    given, first, other, last = (FileNote("a.csv", size, "text/csv") for size in (1, 2, 3, 4))
    other = FileNote("b.csv", 3, "text/csv")
    answer = FinalAnswer(Display({"text/plain": "x"}))
    events = [RunStarted("why?", (given,)), *step(1, first, other), *step(2, last), answer, RunFinished("answer")]
    again = [RunStarted("why?"), *step(3), answer, RunFinished("answer")]
    one, two = Transcript([*events, *again]).turns
    assert (one.files, one.changed_files, two.files, two.changed_files) == ((given,), [last, other], (), [])
