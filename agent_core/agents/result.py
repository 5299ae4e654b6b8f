"""How a run ended, for callers that want the result and not the events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from agent_core.events import Event, FinalAnswer, Reason, RunFinished
from agent_core.execution import Display
from agent_core.usage import Usage


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        answer: the answer, whose text is `str(answer)`; None if the run ended without one.
        reason: why the run ended.
        steps: how many steps it made.
        usage: the tokens it used, and what they cost.
        message: one sentence on why it ended, for a person; "" after a plain answer.
    """

    answer: Display | None
    reason: Reason
    steps: int
    usage: Usage
    message: str = ""


async def result_of(events: AsyncGenerator[Event, None]) -> RunResult:
    """Follow a run to its end and return its result."""
    answer, finished = None, None
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FinalAnswer):
                answer = event.answer
            elif isinstance(event, RunFinished):
                finished = event
    assert finished is not None, "a run ends with RunFinished"
    return RunResult(answer, finished.reason, finished.steps, finished.usage, finished.message)
