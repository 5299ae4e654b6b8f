"""How long a person has for a reply."""

import asyncio
import math
import time
from collections.abc import Awaitable
from typing import TypeVar

Reply = TypeVar("Reply")


class ReplyTime:
    """The time that a person has for a reply. It can stand still, while nobody is there to reply.

    Args:
        seconds: How long it is; as long as it takes by default.
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self._before_pause = seconds
        self._since: float | None = time.monotonic()
        self._limit: asyncio.Timeout | None = None

    @property
    def left(self) -> float:
        """The seconds that are left."""
        passed = time.monotonic() - self._since if self._since is not None else 0.0
        return max(0.0, self._before_pause - passed)

    def set_running(self, running: bool) -> None:
        """Run on, or stand still."""
        self._before_pause, self._since = self.left, time.monotonic() if running else None
        if self._limit and not self._limit.expired():
            self._limit.reschedule(self._end())

    async def wait_for(self, reply: Awaitable[Reply]) -> Reply:
        """Return the reply. Raises TimeoutError if the time is over before there is one."""
        try:
            async with asyncio.timeout_at(self._end()) as self._limit:
                return await reply
        finally:
            self._limit = None

    def _end(self) -> float | None:
        """Return when it is over on the loop's clock; None if it stands still or is endless."""
        left = self.left
        return None if self._since is None or math.isinf(left) else asyncio.get_running_loop().time() + left
