"""Waits for a while before a service that failed is tried again."""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")


class Cooldown(Generic[Key]):
    """Keeps track of services that failed, and of how long not to call them. Safe to use from several threads.

    Args:
        first: Seconds to wait after a failure. Each further failure in a row doubles them.
        longest: The most seconds to wait; None for `first`, so that the wait is always the same.
        clock: Returns the time in seconds.
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
        """Begin the cooldown of a service that failed."""
        with self._lock:
            count = self._failures[key] = self._failures.get(key, 0) + 1
            self._until[key] = self._clock() + min(self._first * 2.0 ** min(count - 1, 60), self._longest)

    def worked(self, key: Key) -> None:
        """Forget the failures of a service that worked."""
        with self._lock:
            self._failures.pop(key, None)
            self._until.pop(key, None)

    def has_failed(self, key: Key) -> bool:
        """Return whether the service failed the last time, however long ago."""
        with self._lock:
            return key in self._failures

    def is_cooling(self, key: Key) -> bool:
        """Return whether the service should not be called now."""
        with self._lock:
            return self._until.get(key, 0.0) > self._clock()

    def ready(self, keys: Sequence[Key]) -> list[Key]:
        """Return the services that may be called, in the given order; if all cool down, the one that is ready first."""
        ready = [key for key in keys if not self.is_cooling(key)]
        with self._lock:
            return ready or [min(keys, key=lambda key: self._until.get(key, 0.0))]
