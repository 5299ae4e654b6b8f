"""The time of a step, as the host measures it."""

import time


class Clock:
    """A stopwatch, which runs from the start.

    Attributes:
        seconds: The time that it has run.
    """

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)

    def set_running(self, running: bool) -> None:
        """Run on, or stand still."""
        self._before, self._since = self.seconds, time.monotonic() if running else None
