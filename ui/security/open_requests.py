"""Limits how many requests are in progress: each holds a connection, and so a descriptor."""

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.config import Config
from ui.descriptors import are_scarce
from ui.slots import Slots, TooMany
from ui.texts import words
from ui.visitors import visitor_of_scope

_SOON = {"connection": "close", "retry-after": "10"}
_API = "/gradio_api/"  # what may stay open; a page fetches its parts all at once, but they are short


class BoundedRequests:
    """ASGI middleware that refuses requests of a visitor who has too many in progress, and of all where they are."""

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._config = config
        self._slots = Slots(config.connections_per_visitor, own_taken="input.connections")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and are_scarce():
            said, is_api = words("input.crowded"), scope["path"].startswith(_API)
            refusal = JSONResponse({"detail": said}, 503, _SOON) if is_api else PlainTextResponse(said, 503, _SOON)
            await refusal(scope, receive, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        try:
            slot = self._slots.take(visitor_of_scope(scope, self._config))
        except TooMany as error:
            await JSONResponse({"detail": str(error)}, 429)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            slot.leave()
