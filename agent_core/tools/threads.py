"""Runs sync tools in threads, with a limit on threads that still run after their call is over."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError

MOST_RUNNING_ON = 32  # threads of one tool whose calls are over; other tools can still be called

_Result = TypeVar("_Result")
_running: Counter[str] = Counter()  # threads, by the tool's name
_awaited: Counter[str] = Counter()  # calls that wait for their threads
_counting = threading.Lock()


async def run_in_tool_thread(name: str, work: Callable[[], _Result]) -> _Result:
    """Run a tool's work in a thread of its own, and return its result.

    If the caller is cancelled, the thread runs on, because threads cannot be stopped from outside.

    Args:
        name: The tool's name, for counting its threads.
        work: The function to run.

    Raises:
        ToolError: Too many threads of this tool still run although their calls are over.
    """
    if _running[name] - _awaited[name] >= MOST_RUNNING_ON:
        raise ToolError(
            f"{name} cannot be called now: {MOST_RUNNING_ON} earlier calls of it were stopped and still run in the "
            "host. Go on without it."
        )

    def counted() -> _Result:
        try:
            return work()
        finally:
            _count(_running, name, -1)

    _count(_running, name, 1)
    _count(_awaited, name, 1)
    try:
        return await run_in_own_thread(counted)
    finally:
        _count(_awaited, name, -1)


def _count(counter: Counter[str], name: str, by: int) -> None:
    with _counting:
        counter[name] += by
        if not counter[name]:
            del counter[name]
