"""A run's events, folded into what a chat shows: the question, its steps, the answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
from agent_core.execution import Display
from agent_core.permissions import Decision


@dataclass
class StepView:
    """One step as far as it has come.

    finished: None while it goes on, or where it was cut off. decisions: by the ids of the requests.
    """

    number: int
    reasoning: str = ""
    prose: str = ""
    code: str = ""
    running: bool = False
    output: str = ""
    tools: list[ToolStarted] = field(default_factory=list)
    tool_errors: list[ToolFinished] = field(default_factory=list)
    displays: list[Display] = field(default_factory=list)
    permissions: list[PermissionAsked] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    finished: StepFinished | None = None

    @property
    def open_question(self) -> PermissionAsked | None:
        """The permission that the running code waits for; the first one, where its threads ask for several."""
        waiting = (asked for asked in self.permissions if asked.request_id not in self.decisions)
        return next(waiting, None) if self.running else None


@dataclass
class TurnView:
    """A question, its steps, its answer and its end, as far as they are known."""

    question: str
    steps: list[StepView] = field(default_factory=list)
    answer: Display | None = None
    finished: RunFinished | None = None


class Transcript:
    """The chat so far. Feed it every event of the log once, in order."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.turns: list[TurnView] = []
        self.apply(events)

    def apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self._apply_one(event)

    def _apply_one(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.turns.append(TurnView(event.question))
            return
        turn = self.turns[-1]
        match event:
            case StepStarted():
                turn.steps.append(StepView(event.step))
            case FinalAnswer():
                turn.answer = event.answer
            case RunFinished():
                turn.finished = event
                _cut_off(turn.steps)
            case _:
                _apply_to_step(turn.steps[-1], event)


def _cut_off(steps: list[StepView]) -> None:
    """A run may end in mid-step; what was asked then is not allowed."""
    for step in steps:
        step.running = False
        for asked in step.permissions:
            step.decisions.setdefault(asked.request_id, "deny")


def _apply_to_step(step: StepView, event: Event) -> None:
    match event:
        case ReasoningDelta(text):
            step.reasoning += text
        case ThoughtDelta(text):
            step.prose += text
        case CodeDelta(text):
            step.code += text
        case CodeReady(code):
            step.code, step.running = code, True
        case OutputDelta(text):
            step.output += text
        case Displayed(display):
            step.displays.append(display)
        case ToolStarted():
            step.tools.append(event)
        case ToolFinished(error=str()):
            step.tool_errors.append(event)
        case PermissionAsked():
            step.permissions.append(event)
        case PermissionAnswered(request_id, decision):
            step.decisions[request_id] = decision
        case StepFinished():
            step.finished, step.running = event, False
