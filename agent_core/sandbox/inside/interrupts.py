"""SIGINT stops the agent's code and nothing else: the worker's own work is never torn apart in its middle."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Turns SIGINT into one KeyboardInterrupt in the agent's code."""

    def __init__(self) -> None:
        self._allowed = False
        self._pending = False

    def install(self) -> None:
        """Handle SIGINT. Done before each step, as the agent's code may have changed the handler."""
        signal.signal(signal.SIGINT, self._handle)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """While the agent's code runs in the main thread."""
        self._pending = False
        self._allowed = True
        try:
            yield
        finally:
            self._allowed = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the agent's code is inside the worker's own work: an interrupt waits for the end of it."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signal handlers run in the main thread only
            return
        allowed, self._allowed = self._allowed, False
        try:
            yield
        finally:
            self._allowed = allowed
            if allowed and self._pending:
                self._interrupt()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._allowed:
            self._interrupt()
        self._pending = True

    def _interrupt(self) -> None:
        self._allowed = self._pending = False
        raise KeyboardInterrupt
