"""Whether the app serves."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

Trouble = Literal["", "ending", "store"]

_CHECK_SECONDS = 5.0  # from one look at the store to the next, however often somebody asks
_LONGEST = 2.0  # seconds that an answer waits for a look; if it takes longer, the last one counts
_STUCK = 15.0  # seconds after which a look that has not ended means that the store cannot be read


class Health:
    """Knows whether the app serves. Cheap however often it is asked.

    Args:
        check: Looks whether the store can be read. Raises an error if not.
        is_ending: Returns whether the app has begun to end.
    """

    def __init__(self, check: Callable[[], Awaitable[object]], is_ending: Callable[[], bool]) -> None:
        self._check = check
        self._is_ending = is_ending
        self._look: asyncio.Task[None] | None = None
        self._began = 0.0  # of the last look, on the monotonic clock
        self._works = True

    async def trouble(self) -> Trouble:
        """Return why the app does not serve; "" if it does."""
        if self._is_ending():
            return "ending"
        return "" if await self.store_works() else "store"

    async def store_works(self) -> bool:
        """Return whether the store can be read."""
        if self._look is None and (not self._began or time.monotonic() - self._began > _CHECK_SECONDS):
            self._began = time.monotonic()
            self._look = asyncio.create_task(self._look_once())
        if self._look:
            await asyncio.wait({self._look}, timeout=_LONGEST)
        is_stuck = self._look is not None and time.monotonic() - self._began > _STUCK
        return self._works and not is_stuck

    async def _look_once(self) -> None:
        try:
            await self._check()
            self._works = True
        except Exception:  # whatever it failed with
            self._works = False
        finally:
            self._look = None
