"""Limits how many requests of one visitor are in progress: each holds a connection."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.config import Config
from ui.slots import Slots, TooMany
from ui.visitors import visitor_of_scope

_API = "/gradio_api/"  # what may stay open; a page fetches its parts all at once, but they are short


class BoundedRequests:
    """ASGI middleware that refuses requests of a visitor who has too many in progress."""

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._config = config
        self._slots = Slots(config.connections_per_visitor, own_taken="input.connections")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
