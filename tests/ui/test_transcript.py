from agent_core.events import (
    CodeDelta,
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    OutputDelta,
    PermissionAnswered,
    PermissionAsked,
    ReasoningDelta,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
)
from agent_core.execution import Display, Execution
from agent_core.models.base import Usage
from ui.transcript import Transcript

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
    assert (step.permissions, step.decisions) == ([FIRST, SECOND], {"socket": "always", "ctypes": "deny"})


def test_what_was_asked_when_a_run_ended_is_not_allowed():
    end = RunFinished("stopped", "Stopped.")
    (turn,) = Transcript([*BEGUN, FIRST, PermissionAnswered("socket", "once"), SECOND, end]).turns
    (step,) = turn.steps
    assert step.open_question is None and not step.running
    assert step.decisions == {"socket": "once", "ctypes": "deny"}
