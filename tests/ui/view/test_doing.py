"""What the page says that happens now."""

import pytest

from agent_core.events import (
    ModelSilent,
    ModelWaiting,
    PermissionAsked,
    QuestionAsked,
    RunFinished,
    ToolProgress,
    ToolStarted,
)
from ui.view.doing import doing
from ui.view.turn_view import AgainView, PlanView, StepView, TurnView

CITY = QuestionAsked("city", "Which city?", ("Bern", "Bonn"))
READS = ToolStarted("1", "visit_webpage", {"url": "https://bbc.com/news"})


def of(*items: StepView | PlanView | AgainView, **turn: object) -> str:
    return doing(TurnView("why?", list(items), **turn))  # pyright: ignore[reportArgumentType]


def test_it_says_what_is_written():
    assert of() == of(StepView(1)) == of(StepView(1, reasoning="Hm.")) == "Thinking"
    assert of(PlanView()) == "Making a plan"
    assert of(StepView(1, prose="So")) == "Writing"
    assert of(StepView(1, prose="So", code="x")) == "Writing code"
    assert of(StepView(1, prose="So"), finished=RunFinished("answer")) == ""


def test_it_says_what_runs_and_how_far_its_tools_are():
    step = StepView(1, code="f()", running=True)
    assert of(step) == "Running code"
    assert of(StepView(1, running=True, starting=True)).startswith("Starting a sandbox for the code")
    step.tools.append(READS)
    assert of(step) == "Reading a page of bbc.com"
    step.progress["1"] = ToolProgress("1", "visit_webpage", "page 2 …")
    assert of(step) == "Reading a page: page 2 …"
    step.tools_ended.add(READS.call_id)
    step.progress = {str(call): ToolProgress(str(call), "my_tool", f"part {call}") for call in range(2, 9)}
    assert of(step) == "Using my tool: part 6 … · Using my tool: part 7 … · Using my tool: part 8 …"


def test_it_says_what_is_waited_for():
    busy = "Glassbox is busy with other questions. You are number 2 in the queue"
    assert of(queued=2) == f"{busy}."
    assert of(queued=2, queued_seconds=30) == f"{busy}; about 30 seconds."
    assert of(queued=2, queued_seconds=60) == f"{busy}; about 1 minute."
    assert of(queued=2, queued_seconds=240) == f"{busy}; about 4 minutes."
    step = StepView(1, code="f()", running=True, asked=[PermissionAsked("a", "import", "socket", "Why not."), CITY])
    assert of(step) == "Waiting for your decision"
    step.replies["a"] = "deny"
    assert of(step) == "Waiting for your answer"
    assert of(StepView(1, running=True, asked=[PermissionAsked("a", "more_time", "60", "Why.")])) == "Running code"
    assert of(AgainView((1, 2)), finished=RunFinished("answer")) == "Running the steps again"
    assert of(StepView(1), waiting=ModelWaiting("It failed.", 2, "m")) == "It failed. Trying m again in 2 s."


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (ModelSilent("m"), "Waiting for m, which shows no sign of life."),
        (
            ModelSilent("m", seconds=9, limit=90),
            "Waiting for m, which shows no sign of life. It is given up after 90 seconds.\t9",
        ),
        (ModelSilent("m", "alive", limit=600), "m has not begun to answer yet, but is there."),
        (ModelSilent("m", "alive", limit=600), "It is given up after 10 minutes."),
        (ModelSilent("m", limit=45, begun=True), "m has stopped in the middle of its answer."),
        (ModelSilent("m", "loading"), "The server of m is loading its model."),
        (ModelSilent("m", "busy"), "The server of m is busy with others."),
        (ModelSilent("m", "reading"), "The server of m is reading the question."),
        (ModelSilent("m", "reading", 310, 7_850), "The server of m is reading the question (310 of 7,850 tokens)."),
    ],
)
def test_what_a_silent_server_does_is_said_in_a_sentence_of_its_own(silent: ModelSilent, said: str):
    assert said in of(StepView(1), waiting=silent)
