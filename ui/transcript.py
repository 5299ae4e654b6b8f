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


@dataclass
class StepView:
    """One step as far as it has come. finished: None while it goes on, or where it was cut off."""

    number: int
    reasoning: str = ""
    prose: str = ""
    code: str = ""
    running: bool = False
    output: str = ""
    tools: list[ToolStarted] = field(default_factory=list)
    tool_errors: list[ToolFinished] = field(default_factory=list)
    displays: list[Display] = field(default_factory=list)
    finished: StepFinished | None = None


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
            case _:
                _apply_to_step(turn.steps[-1], event)


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
        case StepFinished():
            step.finished, step.running = event, False
