"""Streams of events: a run as a stream, and the events of an action passed on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from agent_core.concurrency import run_to_completion
from agent_core.events import Event, SandboxEvent
from agent_core.execution import Execution

Emit = Callable[[Event], None]
"""Takes the events of a run."""


async def stream_events(work: Callable[[Emit], Coroutine[Any, Any, None]]) -> AsyncGenerator[Event, None]:
    """Run the work as a task, and yield what it emits. Closing the iterator stops the work and waits for its end."""
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(work(events.put_nowait))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await run_to_completion(asyncio.wait([task]))


async def forward_events(
    action: AsyncGenerator[SandboxEvent | Execution, None], emit: Callable[[SandboxEvent], None]
) -> Execution:
    """Emit the events of an action. Returns its last item, the Execution."""
    execution = None
    async with aclosing(action) as events:
        async for event in events:
            if isinstance(event, Execution):
                execution = event
            else:
                emit(event)
    assert execution is not None, "an action ends with an Execution"
    return execution
