"""One call of a tool: its progress, its time limit, and whether it is over."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from agent_core.events import SourceRead, ToolEvent, ToolFinished, ToolProgress, ToolStarted
from agent_core.execution import FileNote
from agent_core.permissions import PermissionKind
from agent_core.sources import Source
from agent_core.text import truncate

_PROGRESS_SECONDS = 0.2  # between two reports of one call; reports that come sooner are dropped
_LONGEST_ARGUMENT = 200  # characters of an argument in an event
_LONGEST_REPORT = 200  # characters
_STOPPED = "The step ended before the result came."

Allow = Callable[[PermissionKind, str, str], Awaitable[bool]]
"""Asks for a permission, given its kind, its name and what it means in plain words. Returns whether it was given."""


class ToolContext:
    """One call of a tool.

    Create it on the event loop, where it calls `emit` and `allow`.

    Args:
        tool: The tool's name.
        emit: Takes the events of the call.
        allow: Asks for permissions.

    Attributes:
        id: The call's identifier in its events.
        files: The files that the tool put into the workspace.
        sources: The pages that the tool has read.
        is_over: Whether the call has ended.
    """

    def __init__(self, tool: str, emit: Callable[[ToolEvent], None], allow: Allow) -> None:
        self.id = uuid4().hex
        self.tool = tool
        self.emit = emit
        self.allow = allow
        self.files: list[FileNote] = []
        self.sources: list[Source] = []
        self.is_over = False
        self._loop = asyncio.get_running_loop()
        self._reported = float("-inf")
        self._limit: asyncio.Timeout | None = None
        self._left = 0.0
        self._waits = 0

    @contextmanager
    def running(self, arguments: Mapping[str, Any]) -> Generator[None]:
        """Make this the current call, which `report`, `cancelled`, `ask` and the like work for.

        Emits the start of the call, the sources that it has read, and its end. The end has the text of the error that
        was raised, if there was one; a cancelled call ends with an error, too.

        Args:
            arguments: The arguments of the call, which its start shows.
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
            for source in dict.fromkeys(self.sources):
                self.emit(SourceRead(self.id, source))
            self.emit(ToolFinished(self.id, self.tool, time.monotonic() - began, error))

    @asynccontextmanager
    async def limited(self, seconds: float) -> AsyncGenerator[None]:
        """Raise TimeoutError after this many seconds, not counting the time while a person is asked."""
        async with asyncio.timeout(seconds) as self._limit:
            yield

    @contextmanager
    def clock_stopped(self) -> Generator[None]:
        """Stop the clock of the time limit while a person is asked."""
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
        """Emit the progress, unless the call is over or has just reported. May be called from any thread.

        Args:
            text: A few words, at most 200 characters.
        """
        now = time.monotonic()
        if self.is_over or now - self._reported < _PROGRESS_SECONDS:
            return
        self._reported = now
        with suppress(RuntimeError):  # the loop is closed, but the thread of a call that is over still runs
            self._loop.call_soon_threadsafe(
                self._emit_progress, ToolProgress(self.id, self.tool, text[:_LONGEST_REPORT])
            )

    def _emit_progress(self, event: ToolProgress) -> None:
        if not self.is_over:
            self.emit(event)


_current_call: ContextVar[ToolContext | None] = ContextVar("current_call", default=None)


def current_call() -> ToolContext | None:
    """Return the current call; None outside of one."""
    return _current_call.get()


@asynccontextmanager
async def limited(seconds: float) -> AsyncGenerator[None]:
    """Raise TimeoutError after this many seconds, not counting the time while the current call asks a person."""
    call = current_call()
    async with call.limited(seconds) if call else asyncio.timeout(seconds):
        yield


def report(text: str) -> None:
    """Show the person how far the tool has come. Works in threads, too.

    At most five reports a second are shown; the others are dropped.

    Args:
        text: A few words; only the first 200 characters are shown.
    """
    if call := current_call():
        call.report(text)


def cancelled() -> bool:
    """Return whether the call is over (stopped or out of time) while its thread still runs.

    A thread cannot be stopped from outside, so check this in each long loop of a sync tool, and return if it is true.
    """
    call = current_call()
    return call is not None and call.is_over


def in_call() -> bool:
    """Return whether an agent or code in a sandbox calls the tool, and not the program itself."""
    return current_call() is not None


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return truncate(text, _LONGEST_ARGUMENT)
