"""Semaphores for multiprocessing, which cannot have the system's: a worker is one process, so locks of threads do.

multiprocessing's locks and queues, and with them its thread pools and joblib, work on top of them.
"""

import contextlib
import threading
from typing import Any

_RECURSIVE = 0


class ThreadSemaphore:
    """What multiprocessing takes from `_multiprocessing.SemLock`, for the threads of one process.

    Args:
        kind: 0 for a lock that its holder can take again.
        value: How often it can be taken at first.
        maxvalue: How often it can be taken at most.
        name: A name; it means nothing here.
        unlink: Whether the name is given up at once; it means nothing here.

    Attributes:
        name: None, so that nobody starts a process that would clean up after it.
    """

    SEM_VALUE_MAX = 2**31 - 1

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        self.kind, self.maxvalue, self.name, self.handle = kind, maxvalue, None, id(self)
        self._value = value
        self._changed = threading.Condition()
        self._holder, self._held = 0, 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take it. Returns whether that succeeded within the time."""
        me = threading.get_ident()
        with self._changed:
            if not (self.kind == _RECURSIVE and self._is_mine()):
                wait = (None if timeout is None else max(timeout, 0)) if block else 0
                if not self._changed.wait_for(lambda: self._value > 0, wait):
                    return False
                self._value -= 1
            self._holder, self._held = me, self._held + 1
            return True

    def release(self) -> None:
        """Give it back.

        Raises:
            AssertionError: It is a recursive lock of another thread.
            ValueError: It was given back too often.
        """
        with self._changed:
            if self.kind == _RECURSIVE and not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self.kind != _RECURSIVE and self._value >= self.maxvalue:
                raise ValueError("semaphore or lock released too many times")
            self._held -= 1
            if self.kind != _RECURSIVE or self._held == 0:
                self._value += 1
                self._changed.notify()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: Any) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._holder == threading.get_ident()

    def _get_value(self) -> int:
        return self._value

    def _is_zero(self) -> bool:
        return self._value == 0

    def _after_fork(self) -> None:
        self._held = 0


def install() -> None:
    """Give them to multiprocessing. Call it before anything has imported that."""
    with contextlib.suppress(ImportError):
        import _multiprocessing  # pyright: ignore[reportMissingImports]

        _multiprocessing.SemLock = ThreadSemaphore
