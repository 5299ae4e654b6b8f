"""Threads in which sync tools work, and how many of them may be left behind by calls that are over."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError

MOST_LEFT = 32  # still running, of one tool; calls of other tools go on

_Result = TypeVar("_Result")
_running: Counter[str] = Counter()  # threads, by the name of their tool
_awaited: Counter[str] = Counter()  # calls that wait for theirs
_counting = threading.Lock()


async def run_in_tool_thread(name: str, work: Callable[[], _Result]) -> _Result:
    """Run the work of a tool in a thread of its own. Raises ToolError where too many of its threads never ended."""
    if _running[name] - _awaited[name] >= MOST_LEFT:
        raise ToolError(
            f"{name} cannot be called now: {MOST_LEFT} earlier calls of it were stopped and still run in the host. "
            "Go on without it."
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
