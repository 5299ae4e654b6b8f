"""Tells the queue of events which pages and programs are connected: each keeps one request open."""

import re

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.visitor_queue import VisitorsQueue

_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/([\w-]+)", re.ASCII)


class Heartbeats:
    """ASGI middleware that has the page's queue keep what belongs to a page for as long as it is connected."""

    def __init__(self, app: ASGIApp, *, page: gr.Blocks) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _HEARTBEAT.fullmatch(scope["path"]) if scope["type"] == "http" else None
        queue = self._page._queue
        if not found or not isinstance(queue, VisitorsQueue):
            await self._app(scope, receive, send)
            return
        with queue.connected(found[1]):
            await self._app(scope, receive, send)
