"""The routes that can be reached over HTTP. Gradio serves more than this page needs, and new versions may add more."""

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.texts import words

# Lines of methods and path. Files are named by absolute paths of this machine: with a scheme or a host in `file=`,
# Gradio would fetch the file from there and serve it as its own.
ROUTES = r"""
GET|HEAD  /
GET       /config/?
GET       /(assets|static)/[\w./@+~-]+
GET       /(favicon\.ico|manifest\.json|robots\.txt|theme\.css)
GET       /pwa_icon/(192|512)
GET       /scripts/\w+\.js
GET|DELETE  /chats
POST|DELETE  /chats/[\w-]+
POST      /chats/[\w-]+/restore
GET       /chats/[\w-]+/(export/(markdown|notebook|html|json)|replay|turns/[0-9]{1,6}/text)
GET       /chat_list/\w+\.(css|html|js)
GET       /models(/provider)?
POST      /models/(servers|check)
GET       /model_picker/\w+\.(css|html|js)
GET       /login/(huggingface|callback)/?
GET       /logout/?
GET       /(files|archives)/[\w-]+
GET|HEAD  /files/[\w-]+/.+
GET       /previews/[\w-]+/.+
GET|HEAD  /tables/[\w-]+/[0-9a-f]+\.(csv|xlsx)
GET|HEAD  /(frames|pictures)/[\w-]+/[0-9a-f]+
GET       /pulse
GET|HEAD  /health
GET       /metrics
GET       /owner(/owner\.(css|js))?
GET|HEAD  /libraries/[\w./-]+
GET       /gradio_api/(app_id|info|startup-events)/?
GET       /gradio_api/heartbeat/[\w-]+
GET|HEAD  /gradio_api/file=/(?!/)[^\0]+
POST      /gradio_api/upload
GET       /gradio_api/upload_progress
POST      /gradio_api/queue/join/?
GET       /gradio_api/queue/data
POST      /gradio_api/cancel
POST      /gradio_api/call/ask/?
GET       /gradio_api/call/ask/[\w-]+
GET|POST|DELETE  /gradio_api/mcp(/.*)?
"""

LIBRARIES = "/libraries/"
"""Where the frames, which have no origin, get the libraries of charts. They are the same for everybody."""


def _read(routes: str) -> dict[str, re.Pattern[str]]:
    """Return a pattern of the allowed paths for each method."""
    paths: dict[str, list[str]] = {}
    for methods, path in (line.split() for line in routes.strip().splitlines()):
        for method in methods.split("|"):
            paths.setdefault(method, []).append(path)
    return {method: re.compile("|".join(f"(?:{path})" for path in those)) for method, those in paths.items()}


_ALLOWED = _read(ROUTES)


def is_allowed(method: str, path: str) -> bool:
    """Return whether a request reaches the app."""
    pattern = _ALLOWED.get(method)
    return pattern is not None and pattern.fullmatch(path) is not None


class AllowedRoutesOnly:
    """ASGI middleware that answers 404 to everything that is not among ROUTES, and refuses WebSockets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and is_allowed(scope["method"], scope["path"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(words("input.nothing_here"), 404)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})
