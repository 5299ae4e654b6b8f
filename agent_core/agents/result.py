"""The result of a run, for callers that do not need its events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from agent_core.events import Event, FinalAnswer, Reason, RunFinished, SourceRead
from agent_core.execution import Display
from agent_core.sources import Source
from agent_core.usage import Usage


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        answer: The answer, whose text is `str(answer)`; None if the run ended without one.
        reason: Why the run ended.
        steps: The number of steps that it made.
        usage: The tokens that it used, and what they cost.
        message: One sentence for a person on why it ended; "" after an ordinary answer.
        sources: The pages that it read. The answer refers to them by their numbers, as in "[1]".
    """

    answer: Display | None
    reason: Reason
    steps: int
    usage: Usage
    message: str = ""
    sources: tuple[Source, ...] = ()


async def result_of(events: AsyncGenerator[Event, None]) -> RunResult:
    """Consume the events of a run, and return its result."""
    answer, finished, sources = None, None, dict[int, Source]()
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FinalAnswer):
                answer = event.answer
            elif isinstance(event, SourceRead):
                sources[event.source.number] = event.source
            elif isinstance(event, RunFinished):
                finished = event
    assert finished is not None, "a run ends with RunFinished"
    read = tuple(sources.values())
    return RunResult(answer, finished.reason, finished.steps, finished.usage, finished.message, read)
