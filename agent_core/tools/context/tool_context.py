"""The call that a tool is working on: its progress, its time limit, and whether it is over."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from agent_core.events import ToolEvent, ToolFinished, ToolProgress, ToolStarted
from agent_core.execution import FileNote
from agent_core.permissions import PermissionKind
from agent_core.text import truncate

_PROGRESS_SECONDS = 0.2  # between two reports of one call; reports in between are dropped
_LONGEST_ARGUMENT = 200  # characters of an argument in an event
_LONGEST_REPORT = 200  # characters
_STOPPED = "The step ended before the result came."

Allow = Callable[[PermissionKind, str, str], Awaitable[bool]]
"""Asks for a permission, given its kind, its name and its meaning in plain words. Returns whether it was given."""


class ToolContext:
    """One call of a tool.

    Create it on the event loop: `emit` and `allow` are called there.

    Args:
        tool: The tool's name.
        emit: Takes the events of the call.
        allow: Asks for permissions.
    """

    def __init__(self, tool: str, emit: Callable[[ToolEvent], None], allow: Allow) -> None:
        self.id = uuid4().hex
        self.tool = tool
        self.emit = emit
        self.allow = allow
        self.files: list[FileNote] = []  # that the tool put into the workspace
        self.is_over = False
        self._loop = asyncio.get_running_loop()
        self._reported = float("-inf")
        self._limit: asyncio.Timeout | None = None
        self._left = 0.0
        self._waits = 0

    @contextmanager
    def running(self, arguments: Mapping[str, Any]) -> Generator[None]:
        """Make this the call that `report`, `cancelled`, `ask` and the like are about, and emit its start and its end.

        It ends with the text of what was raised; a call that is cancelled has ended, too.
        """
        began, error = time.monotonic(), _STOPPED
        self.emit(ToolStarted(self.id, self.tool, {name: _shortened(value) for name, value in arguments.items()}))
        outer = _current_call.set(self)
        try:
            yield
            error = None
        except Exception as failure:
            error = str(failure)
            raise
        finally:
            self.is_over = True
            _current_call.reset(outer)
            self.emit(ToolFinished(self.id, self.tool, time.monotonic() - began, error))

    @asynccontextmanager
    async def limited(self, seconds: float) -> AsyncGenerator[None]:
        """Raise TimeoutError after this many seconds, without those during which a person is asked."""
        async with asyncio.timeout(seconds) as self._limit:
            yield

    @contextmanager
    def clock_stopped(self) -> Generator[None]:
        """Stop the call's clock while a person is asked."""
        limit, self._waits = self._limit, self._waits + 1
        if limit and self._waits == 1 and (ends := limit.when()) is not None:
            self._left = ends - self._loop.time()
            limit.reschedule(None)
        try:
            yield
        finally:
            self._waits -= 1
            if limit and not self._waits and not limit.expired():
                limit.reschedule(self._loop.time() + self._left)

    def report(self, text: str) -> None:
        """Emit the progress, unless the call is over or has just reported. May be called from any thread."""
        now = time.monotonic()
        if self.is_over or now - self._reported < _PROGRESS_SECONDS:
            return
        self._reported = now
        with suppress(RuntimeError):  # the loop is closed, and the thread of a call that is over still runs
            self._loop.call_soon_threadsafe(
                self._emit_progress, ToolProgress(self.id, self.tool, text[:_LONGEST_REPORT])
            )

    def _emit_progress(self, event: ToolProgress) -> None:
        if not self.is_over:
            self.emit(event)


_current_call: ContextVar[ToolContext | None] = ContextVar("current_call", default=None)


def current_call() -> ToolContext | None:
    """Return the call that is being made; None outside of one."""
    return _current_call.get()


@asynccontextmanager
async def limited(seconds: float) -> AsyncGenerator[None]:
    """Raise TimeoutError after this many seconds. Asking a person stops the clock if there is a current call."""
    call = current_call()
    async with call.limited(seconds) if call else asyncio.timeout(seconds):
        yield


def report(text: str) -> None:
    """Show the person how far the tool is. Works in threads too.

    Args:
        text: A few words, at most 200 characters. At most five reports a second are shown.
    """
    if call := current_call():
        call.report(text)


def cancelled() -> bool:
    """Return whether the call is over (stopped or out of time) while its thread still runs.

    Check it in a long loop of a sync tool, and return when it is true: threads cannot be stopped from outside.
    """
    call = current_call()
    return call is not None and call.is_over


def in_call() -> bool:
    """Return whether an agent or the sandbox's code calls the tool, rather than the program itself."""
    return current_call() is not None


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return truncate(text, _LONGEST_ARGUMENT)
