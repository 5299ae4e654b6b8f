"""What Ctrl-C does while a run goes on: the first one stops it, the second leaves the program."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from agent_core.temporary import remove_own_folder

STOPPED = 130  # as shells have it: 128 and the number of the signal
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts(stop: Callable[[], None], leave: Callable[[], None]) -> Iterator[None]:
    """Have the event loop call `stop` after the first signal; after the second, call `leave` and end the program."""
    loop, count = asyncio.get_running_loop(), 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            loop.call_soon_threadsafe(stop)
            return
        leave()
        remove_own_folder()
        os._exit(STOPPED)  # also where a tool blocks the event loop; the sandbox ends with this program

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
