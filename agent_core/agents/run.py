"""The run that is going on: whom it tells, what it has used and found so far."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field

from agent_core.agents.repetition import STOP_AT, Repetition, Repetitions
from agent_core.errors import ErrorCode
from agent_core.events import Event, Reason, RunFinished, SandboxEvent
from agent_core.execution import Display, Execution
from agent_core.models.base import Model
from agent_core.usage import Usage

_outer_run: ContextVar["Run | None"] = ContextVar("outer_run", default=None)


@dataclass
class Run:
    """One run of an agent.

    models: those that are left to ask, the preferred one first. max_steps: of this run. note: for the next step.
    planned_at: the step before which the plan was made last, counted in this run; None for none. nudged: the model was
    reminded that it only announced an action. outer: the run whose code called this agent as a tool.
    """

    emit: Callable[[Event], None]
    models: list[Model]
    max_steps: int
    started: float = field(default_factory=time.monotonic)
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    step_usage: Usage = field(default_factory=Usage)
    answer: Display | None = None
    note: str = ""
    planned_at: int | None = None
    nudged: bool = False
    repetitions: Repetitions = field(default_factory=Repetitions)
    repeated: Repetition | None = None
    outer: "Run | None" = field(default_factory=_outer_run.get)

    def enter(self) -> None:
        """Be the outer run of the agents that this one's code calls as tools. To be called in the run's own task."""
        _outer_run.set(self)

    def spend(self, usage: Usage) -> None:
        """Add what a request cost, here and in the run that this one works for."""
        self.usage += usage
        self.step_usage += usage
        if self.outer is not None:
            self.outer.spend(usage)

    def note_repetition(self, repetition: Repetition) -> None:
        if repetition.count >= STOP_AT:
            self.repeated = repetition

    def finish(self, reason: Reason, message: str = "", code: ErrorCode = "") -> None:
        seconds = time.monotonic() - self.started
        self.emit(RunFinished(reason, message, self.steps, seconds, self.usage, code))


async def forward_events(
    action: AsyncGenerator[SandboxEvent | Execution, None], emit: Callable[[SandboxEvent], None]
) -> Execution:
    """Tell what comes of an action as it comes. Returns the Execution at its end."""
    execution = None
    async with aclosing(action) as events:
        async for event in events:
            if isinstance(event, Execution):
                execution = event
            else:
                emit(event)
    assert execution is not None, "an action ends with an Execution"
    return execution
