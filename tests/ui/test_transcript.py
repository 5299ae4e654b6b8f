from agent_core.events import (
    CodeDelta,
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    OutputDelta,
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
