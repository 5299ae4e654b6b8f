import json
from typing import get_args

import pytest

from agent_core import GlassboxError
from agent_core.events import (
    AnswerRefused,
    ChatRewound,
    ChatSuspended,
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
    ReplyCut,
    RunAgainFinished,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    SandboxStarting,
    SavingFailed,
    SavingResumed,
    SourceRead,
    StepFinished,
    StepRanAgain,
    StepsRunAgain,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.record import event_from_json, event_to_json, merge_deltas
from agent_core.sources import Source
from agent_core.usage import Usage

TABLE = Display({"text/plain": "a", "text/html": "<table><tr><td>a</table>", "text/csv": "a\n"})
FILE = FileNote("Umsätze.csv", 1_200, "text/csv", "3 rows")
USAGE = Usage(10, 20, 2, True, 5, 0.25)
EXECUTION = Execution(
    stdout="half a pair \ud800, a zero \0 and 🧊\n",
    value="3",
    displays=(TABLE, Display({"text/plain": "figure", "image/png": "iVBORw0KGgo="})),
    answer=Display({"text/plain": "42"}),
    error=ExecutionError("timeout", "It took too long.", "Traceback …", "Do less.", "line 3"),
    seconds=1.5,
    checkpoint=3,
    variables={"x": "int", "gone": "", "…": "4"},
    note="Files were left out.",
    files=(FILE,),
)
EXAMPLES: list[Event] = [
    RunQueued("Why?", 2),
    RunQueued("Why?", 2, 30),
    ChatSuspended(),
    ChatRewound(2),
    StepsRunAgain((1, 2)),
    StepRanAgain(1, "It came out differently."),
    RunAgainFinished("Stopped."),
    SavingFailed("The disk is full."),
    SavingResumed(),
    RunStarted("Why?", (FILE,)),
    RunResumed(),
    PlanDelta("1. Look"),
    PlanReady("1. Look", 0.5, USAGE),
    PlanReady("1. Look twice", 0.5, USAGE, edited=True),
    ModelWaiting("It is busy.", 2.0, "a/b", "rate_limited"),
    ModelSilent("a/b"),
    Compacted(9_000, 4_000),
    AnswerRefused(Display({"text/plain": "41"}), "It is too small."),
    StepStarted(1),
    ReasoningDelta("Hm"),
    ThoughtDelta("I try"),
    CodeDelta("x = 1"),
    ReplyCut("It was cut off.", "x ="),
    CodeReady("x = 1"),
    ToolStarted("1", "web_search", {"query": "x"}),
    ToolProgress("1", "web_search", "half"),
    SourceRead("1", Source(1, "https://example.org/", "An example")),
    ToolFinished("1", "web_search", 0.1, "No engine answered."),
    QuestionAsked("q", "Which?", ("this", "that")),
    QuestionAnswered("q", None),
    PermissionAsked("p", "import", "requests", "It speaks to the web."),
    PermissionAnswered("p", "always"),
    SandboxStarting(ready=True),
    OutputDelta("100 %", 4),
    Displayed(TABLE),
    StepFinished(1, 3.0, USAGE, EXECUTION),
    StepFinished(2, 3.0, Usage()),
    FinalAnswer(TABLE),
    RunFinished("error", "No key.", 2, 4.0, USAGE, "no_key"),
]


def test_every_kind_of_event_has_an_example():
    assert {type(event) for event in EXAMPLES} == set(get_args(Event))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_the_same(event: Event):
    again = event_from_json(json.loads(json.dumps(event_to_json(event))))
    assert again == event
    assert repr(again) == repr(event)  # tuples are tuples, and what is nested has its class


def test_an_event_that_was_looked_at_comes_back_the_same():
    assert TABLE.kind == "table"  # which the display remembers
    assert event_to_json(Displayed(TABLE)) == {"type": "displayed", "display": {"data": TABLE.data}}


def test_what_an_older_one_did_not_write_has_its_default():
    assert event_from_json({"type": "run_started", "question": "Why?"}) == RunStarted("Why?")


@pytest.mark.parametrize(
    "data",
    [
        {"type": "chat_painted", "colour": "blue"},
        {"type": "step_started", "step": 1, "colour": "blue"},
        {"type": "displayed", "display": {"data": {"text/plain": "a"}, "colour": "blue"}},
        {"type": "run_finished", "reason": "bored"},
    ],
)
def test_what_a_newer_one_wrote_is_refused_in_one_sentence(data):
    with pytest.raises(GlassboxError, match=r"^This chat was written by a newer Glassbox.*Update"):
        event_from_json(data)


@pytest.mark.parametrize("data", [{}, {"type": "step_started"}, {"type": "displayed", "display": "a"}])
def test_what_is_damaged_is_refused_in_one_sentence(data):
    with pytest.raises(GlassboxError, match=r"^A part of this chat's record is damaged.*\.$"):
        event_from_json(data)


def test_pieces_become_one():
    events: list[Event] = [
        *(StepStarted(1), ReasoningDelta("a"), ReasoningDelta("b"), ThoughtDelta("c"), ThoughtDelta("d")),
        *(CodeDelta("e"), CodeReady("ef"), OutputDelta("10 %"), OutputDelta("20 %", 4), OutputDelta("\n")),
        *(ToolProgress("1", "t", "x"), OutputDelta("30 %", 1), OutputDelta("40 %", 8), OutputDelta("!", 0)),
    ]
    assert merge_deltas(events) == [
        *(StepStarted(1), ReasoningDelta("ab"), ThoughtDelta("cd"), CodeDelta("e"), CodeReady("ef")),
        *(OutputDelta("20 %\n"), ToolProgress("1", "t", "x"), OutputDelta("40 %!", 5)),
    ]
    assert merge_deltas(EXAMPLES) == EXAMPLES
