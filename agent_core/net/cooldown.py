"""Services that failed are left alone for a while."""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")


class Cooldown(Generic[Key]):
    """Which of several services are left alone, since they failed, and for how long. Safe in threads.

    Args:
        first: seconds after a failure; each further failure in a row doubles them.
        longest: seconds at most; by default `first`, so that they stay the same.
        clock: tells the time in seconds.
    """

    def __init__(
        self, first: float, longest: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first, self._longest = first, first if longest is None else longest
        self._clock = clock
        self._lock = Lock()
        self._until: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}

    def failed(self, key: Key) -> None:
        """Begin its cool-down."""
        with self._lock:
            count = self._failures[key] = self._failures.get(key, 0) + 1
            self._until[key] = self._clock() + min(self._first * 2.0 ** min(count - 1, 60), self._longest)

    def worked(self, key: Key) -> None:
        """Forget its failures."""
        with self._lock:
            self._failures.pop(key, None)
            self._until.pop(key, None)

    def has_failed(self, key: Key) -> bool:
        """Whether it failed the last time, however long ago."""
        with self._lock:
            return key in self._failures

    def is_cooling(self, key: Key) -> bool:
        """Whether it is to be left alone now."""
        with self._lock:
            return self._until.get(key, 0.0) > self._clock()

    def ready(self, keys: Sequence[Key]) -> list[Key]:
        """Return those that may be asked, in their order; where all cool down, the one that is ready first."""
        ready = [key for key in keys if not self.is_cooling(key)]
        with self._lock:
            return ready or [min(keys, key=lambda key: self._until.get(key, 0.0))]
