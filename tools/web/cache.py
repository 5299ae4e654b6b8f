"""A small cache of what was downloaded, so that asking again costs nothing."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Keeps values for some time, up to a number and a total size. Safe to use from several threads.

    Args:
        seconds: How long to keep a value.
        most: How many values to keep.
        most_size: The total size of all values, in the unit of `put`.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, *, seconds: float, most: int, most_size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._most_size = seconds, most, most_size
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, int, Value]] = {}  # the oldest first: until when, how large, what

    def get(self, key: str) -> Value | None:
        """Return the value that is kept under a key; None if there is none."""
        with self._lock:
            until, _, value = self._kept.get(key, (0.0, 0, None))
            return value if until > self._clock() else None

    def put(self, key: str, value: Value, size: int) -> None:
        """Keep a value, and drop the oldest ones if there is no room for it. One that is too large is not kept."""
        with self._lock:
            self._kept.pop(key, None)
            if size <= self._most_size:
                self._kept[key] = (self._clock() + self._seconds, size, value)
            now = self._clock()
            for old, (until, _, _) in list(self._kept.items()):
                sizes = sum(size for _, size, _ in self._kept.values())
                if until > now and len(self._kept) <= self._most and sizes <= self._most_size:
                    break
                del self._kept[old]
