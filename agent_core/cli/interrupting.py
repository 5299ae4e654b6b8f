"""What Ctrl-C does while a run goes on: the first one stops it, the second leaves the program."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent_core.temporary import remove_own_folder

STOPPED = 130  # as shells have it: 128 and the number of the signal
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts(stop: Callable[[], None], leave: Callable[[], None]) -> Iterator[None]:
    """Call `stop` for the first signal; after the second one, `leave`, and end the program at once."""
    loop, count = asyncio.get_running_loop(), 0

    def interrupt() -> None:
        nonlocal count
        count += 1
        if count == 1:
            stop()
            return
        leave()
        remove_own_folder()
        os._exit(STOPPED)  # whatever does not end in its own time; the sandbox ends with this program

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
