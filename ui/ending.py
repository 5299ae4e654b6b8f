"""How the app ends: nothing new begins, steps in progress may end, then the rest is interrupted, and all is written."""

import asyncio
import os
import signal
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from contextlib import suppress
from types import FrameType

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.api.ask_service import AskService
from ui.chats import Chats
from ui.config import Config
from ui.texts import words

WRITING_SECONDS = 1.9  # after the grace period, until the app is gone; Docker kills two seconds after the usual one
_ASKING = ("/gradio_api/call/ask", "/gradio_api/mcp")  # where other programs ask
_RETRY_SECONDS = "30"


class Ending:
    """The end of the app, which a signal asks for. A second signal ends it at once.

    Args:
        config: How long steps in progress may take.
    """

    def __init__(self, config: Config) -> None:
        self._seconds = config.grace_seconds
        self._asked_for = threading.Event()
        self._service: tuple[asyncio.AbstractEventLoop, Chats, AskService] | None = None
        self.begun = False

    def serve(self, chats: Chats, answers: AskService) -> None:
        """Say what is to be wound down. Call this on the loop that serves them."""
        self._service = asyncio.get_running_loop(), chats, answers

    def listen(self) -> None:
        """Hear signals from now on. Call this in the main thread."""
        for asking in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asking, self._hear)

    def wait_for_signal(self, thread: threading.Thread) -> None:
        """Wait for a signal, or for the end of the thread that serves the app."""
        while thread.is_alive() and not self._asked_for.wait(1.0):
            pass

    def wind_down(self) -> None:
        """Have nothing new begin, wait for steps in progress, then close all chats.

        Whatever hangs, the app is gone WRITING_SECONDS after the grace period.
        """
        gone = threading.Timer(self._seconds + WRITING_SECONDS, os._exit, [1])
        gone.daemon = True
        gone.start()
        if self._service is None:
            return
        loop, chats, answers = self._service
        done: Future[None] = asyncio.run_coroutine_threadsafe(self._wind_down(chats, answers), loop)
        with suppress(NotDone):
            done.result(self._seconds + WRITING_SECONDS)

    async def _wind_down(self, chats: Chats, answers: AskService) -> None:
        self.begun = True
        await asyncio.gather(chats.wind_down(self._seconds), answers.wind_down(self._seconds))
        await chats.close_all()

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self._asked_for.is_set():
            os._exit(128 + number)
        self._asked_for.set()


class RefuseWhileEnding:
    """ASGI middleware that refuses questions of other programs while the app ends. The page says so by itself."""

    def __init__(self, app: ASGIApp, *, ending: Ending) -> None:
        self._app = app
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._ending.begun and scope["type"] == "http" and _asks(scope):
            refusal = JSONResponse({"detail": words("input.ending")}, 503, {"retry-after": _RETRY_SECONDS})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _asks(scope: Scope) -> bool:
    return scope["method"] == "POST" and scope["path"].rstrip("/") in _ASKING
