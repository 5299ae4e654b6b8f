"""How often open pages get updates."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ui.loop_lag import LoopLag

_QUICKEST = 1 / 15  # seconds between two updates of a page
_SLOWEST = 1.0
_PER_LAG = 4.0  # seconds for each second of lag
_NEW_SECONDS = 3.0  # in which somebody who came to a chat gets updates at once
_LONGEST_WAIT = 1.0  # seconds for new questions


class Pace:
    """The pace of updates. They slow down while the event loop lags, and wait while new questions are taken in.

    Args:
        lag: How late the event loop is.
    """

    def __init__(self, lag: LoopLag) -> None:
        self._lag = lag
        self._newcomers = 0
        self._nobody_new = asyncio.Event()
        self._nobody_new.set()

    @contextmanager
    def taking_in(self) -> Iterator[None]:
        """Within this block a question is taken in: what is shown already can wait for it."""
        self._newcomers += 1
        self._nobody_new.clear()
        try:
            yield
        finally:
            self._newcomers -= 1
            if not self._newcomers:
                self._nobody_new.set()

    async def wait(self, watched: float) -> None:
        """Wait until a page may be updated again; two seconds at most, as far as the loop keeps time.

        Args:
            watched: For how many seconds the page has shown the chat.
        """
        if watched < _NEW_SECONDS:
            await asyncio.sleep(_QUICKEST)
            return
        await asyncio.sleep(min(_QUICKEST + _PER_LAG * self._lag.seconds, _SLOWEST))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nobody_new.wait(), _LONGEST_WAIT)
