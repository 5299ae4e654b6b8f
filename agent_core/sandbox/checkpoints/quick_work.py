"""Runs work on files that is mostly quick, without keeping the event loop waiting when it is not."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

_QUICK_SECONDS = 0.002
Result = TypeVar("Result")


class QuickWork:
    """Calls a function in the event loop's own thread as long as that is quick: starting a thread takes longer.

    After a call that took longer than 2 ms, the next one runs in a thread.
    """

    def __init__(self) -> None:
        self._slow = False

    async def run(self, function: Callable[[], Result]) -> Result:
        """Return what the function returns, or raise what it raises."""
        began = time.monotonic()
        result = await asyncio.to_thread(function) if self._slow else function()
        self._slow = time.monotonic() - began > _QUICK_SECONDS
        return result
