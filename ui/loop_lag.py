"""How late the app's event loop is, which everything on it waits for."""

import asyncio

_LOOK_SECONDS = 0.1
_REMEMBERED = 0.9  # of the last lag after each look, so that it falls by half within 0.7 s


class LoopLag:
    """Measures how late the event loop is.

    Attributes:
        seconds: By how much work that is due comes late: the most of the last moments.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    async def measure(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            self.seconds = max(loop.time() - due, self.seconds * _REMEMBERED)
