"""The result of a run, for callers that do not need its events."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agent_core.elsewhere import RESULT_ATTRIBUTES, Signposted
from agent_core.errors import GlassboxError
from agent_core.events import Event, FinalAnswer, Reason, RunFinished, SourceRead
from agent_core.execution import Display
from agent_core.memory.turns import Step
from agent_core.sources import Source
from agent_core.usage import Usage


@dataclass(frozen=True)
class RunResult(Signposted):
    """How a run ended.

    Attributes:
        answer: The answer, whose text is `str(answer)` and whose object is `answer.value`, which is of the agent's
            `answer_type`, if it has one; None if the run ended without an answer, or without one of this type.
        reason: Why the run ended.
        steps: Its steps as the chat's memory has them, that of an answer at a limit among them: what the model thought
            and did, what came of it, and what it took.
        usage: The tokens that it used, and what they cost.
        message: One sentence for a person on why it ended; "" after an ordinary answer.
        sources: The pages that it read. The answer refers to them by their numbers, as in "[1]".
        seconds: How long it took.
    """

    elsewhere = RESULT_ATTRIBUTES

    answer: Display | None
    reason: Reason
    steps: tuple[Step, ...]
    usage: Usage
    message: str = ""
    sources: tuple[Source, ...] = ()
    seconds: float = 0.0


async def result_of(events: AsyncGenerator[Event, None], steps: Callable[[], Sequence[Step]]) -> RunResult:
    """Consume the events of a run, and return its result.

    Args:
        events: The events.
        steps: Returns the steps of the run once it has ended.
    """
    answer, finished, sources = None, None, dict[int, Source]()
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FinalAnswer):
                answer = event.answer
            elif isinstance(event, SourceRead):
                sources[event.source.number] = event.source
            elif isinstance(event, RunFinished):
                finished = event
    if finished is None:
        raise GlassboxError("These are no events of a whole run, whose last one is RunFinished.")
    read = tuple(sources.values())
    made = tuple(steps())
    return RunResult(answer, finished.reason, made, finished.usage, finished.message, read, finished.seconds)
