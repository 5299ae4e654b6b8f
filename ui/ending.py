"""How the app ends: nothing new begins, steps in progress may end, then the rest is interrupted, and all is written."""

import asyncio
import atexit
import os
import queue
import signal
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from contextlib import suppress
from types import FrameType
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_core.temporary import remove_own_folder
from ui.api.ask_service import AskService
from ui.chats import Chats
from ui.config import Config
from ui.texts import words

WRITING_SECONDS = 1.9  # after the grace period, until the app is gone; Docker kills two seconds after the usual one
_ASKING = ("/gradio_api/call/ask", "/gradio_api/mcp")  # where other programs ask
_RETRY_SECONDS = "30"


class AppEnding:
    """The end of the app, which a signal asks for. A second signal ends it at once.

    Args:
        config: How long steps in progress may take.

    Attributes:
        begun: Whether it has begun.
    """

    def __init__(self, config: Config) -> None:
        self._seconds = config.grace_seconds
        self._signals = queue.SimpleQueue[int]()  # a handler may use it at any moment: an Event has a lock
        self._is_asked_for = False
        self._service: tuple[asyncio.AbstractEventLoop, Chats, AskService] | None = None
        self._is_written = False
        self._handlers: dict[signal.Signals, Any] = {}  # before this object heard the signals
        self._gone: threading.Timer | None = None
        self.begun = False

    def serve(self, chats: Chats, answers: AskService) -> None:
        """Say what is to be wound down. Call this on the loop that serves them."""
        self._service = asyncio.get_running_loop(), chats, answers

    def listen(self) -> None:
        """Hear signals from now on, until it is over. Call this in the main thread."""
        for asking in (signal.SIGTERM, signal.SIGINT):
            self._handlers[asking] = signal.signal(asking, self._hear)

    def wait_for_signal(self, thread: threading.Thread) -> None:
        """Wait for a signal, or for the end of the thread that serves the app."""
        while thread.is_alive():
            with suppress(queue.Empty):
                self._signals.get(timeout=1.0)
                return

    def wind_down(self) -> None:
        """Have nothing new begin, wait for steps in progress, then close all chats.

        Whatever hangs, the app is gone WRITING_SECONDS after the grace period.
        """
        self._gone = threading.Timer(self._seconds + WRITING_SECONDS, self._exit)
        self._gone.daemon = True
        self._gone.start()
        if self._service is None:
            return
        loop, chats, answers = self._service
        done: Future[None] = asyncio.run_coroutine_threadsafe(self._wind_down(chats, answers), loop)
        with suppress(NotDone):
            done.result(self._seconds + WRITING_SECONDS)

    def over(self) -> None:
        """Let the process live on: nothing ends it any more, and signals are heard by whoever heard them before."""
        if self._gone:
            self._gone.cancel()
        for asking, handler in self._handlers.items():
            signal.signal(asking, handler)
        self._handlers = {}

    async def _wind_down(self, chats: Chats, answers: AskService) -> None:
        self.begun = True
        await asyncio.gather(chats.wind_down(self._seconds), answers.wind_down(self._seconds))
        await chats.close_all()
        self._is_written = True

    def _exit(self) -> None:
        remove_own_folder()
        os._exit(0 if self._is_written else 1)

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self._is_asked_for:
            os._exit(128 + number)
        self._is_asked_for = True
        self._signals.put(number)


def end_process() -> None:
    """End this process well, and at once: to take all loaded modules apart, as Python does, takes it seconds."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


class WhileEnding:
    """ASGI middleware for the time when the app ends.

    It refuses questions of other programs (the page's are refused by their handlers), and ends what is still being sent
    when the server cancels it, which would be logged as a fault.
    """

    def __init__(self, app: ASGIApp, *, ending: AppEnding) -> None:
        self._app = app
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._ending.begun and _asks(scope):
            refusal = JSONResponse({"detail": words("input.ending")}, 503, {"retry-after": _RETRY_SECONDS})
            await refusal(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_look(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        except asyncio.CancelledError:
            if not (self._ending.begun and begun):
                raise
            with suppress(Exception):  # the browser may have gone meanwhile
                await send({"type": "http.response.body", "body": b"", "more_body": False})


def _asks(scope: Scope) -> bool:
    return scope["method"] == "POST" and scope["path"].rstrip("/") in _ASKING
