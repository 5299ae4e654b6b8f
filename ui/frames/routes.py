"""The addresses of frames, and of the libraries that they load."""

import asyncio
import gzip
import mimetypes
from functools import lru_cache
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent_core import GlassboxError
from agent_core.execution import Display
from ui.chats import Chats
from ui.config import Config
from ui.frames.document import frame_document
from ui.frames.libraries import read_library
from ui.owners import person_of
from ui.texts import words

_LIBRARIES_AT = "../../libraries"  # seen from frames/<chat>/<name>
_AN_HOUR = "public, max-age=3600"
_NAME = "chart-{number}.html"


def frame_routes(config: Config, chats: Chats) -> list[Route]:
    """Return the routes frames/<chat>/<name> for what a chat shows its owner, and libraries/<name> for everybody."""

    async def frame(request: Request) -> Response:
        try:
            chat = await chats.find(request.path_params["chat"], person_of(request, config))
        except GlassboxError as error:
            return PlainTextResponse(str(error), 503)
        name = request.path_params["name"]
        display = chat.assets.frames.find(name) if chat else None
        if chat is None or display is None:
            return PlainTextResponse(words("frames.gone"), 404)
        if "file" in request.query_params:
            return _saved(display, chat.assets.frames.number_of(name))
        document = await asyncio.to_thread(frame_document, display, _LIBRARIES_AT)
        return Response(document, headers={"cache-control": "private, max-age=3600"}, media_type="text/html")

    async def library(request: Request) -> Response:
        name = request.path_params["name"]
        content = await asyncio.to_thread(_compressed, name)
        if content is None:
            return PlainTextResponse(words("input.nothing_here"), 404)
        headers = {"cache-control": _AN_HOUR, "content-encoding": "gzip"}  # which every browser takes
        return Response(content, headers=headers, media_type=mimetypes.guess_type(name)[0])

    return [
        Route("/frames/{chat}/{name}", frame, methods=["GET"], middleware=[Middleware(GZipMiddleware)]),
        Route("/libraries/{name:path}", library, methods=["GET"]),
    ]


def _saved(display: Display, number: int) -> Response:
    """Return what the library wrote as a file. Opened from there, it loads what it needs from the web."""
    html = display.data.get("text/html")
    if html is None:
        return PlainTextResponse(words("frames.gone"), 404)
    saved = f"attachment; filename*=UTF-8''{quote(_NAME.format(number=number))}"
    return Response(html, headers={"content-disposition": saved}, media_type="application/octet-stream")


@lru_cache(maxsize=32)
def _compressed(name: str) -> bytes | None:
    """Return a library in a third of its size; all together take some 3 MB of memory."""
    content = read_library(name)
    return None if content is None else gzip.compress(content)
