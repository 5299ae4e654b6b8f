"""How the browser fetches the files of a chat's workspace."""

import asyncio
import mimetypes
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent_core import GlassboxError
from agent_core.execution import IMAGE_ENDINGS
from ui.chats import Chat, Chats
from ui.config import Config
from ui.slots import Slots, TooMany
from ui.visitors import visitor_of_scope

STALLED_SECONDS = 60.0  # for which a client may take nothing of a download
_PIECE = 256 * 1024


def files_address(chat: Chat) -> str:
    """Where the browser fetches the files of a chat, beside the page."""
    return f"files/{chat.files_key}"


def file_route(config: Config, chats: Chats) -> Route:
    """Where the browser fetches files of a chat's workspace, as they are at that moment: files/<key>/<name>."""
    return Route("/files/{key}/{name:path}", Downloads(config, chats), methods=["GET"])


class Downloads:
    """ASGI app that sends files of a workspace, each straight from where it lies, until it is there or nobody waits."""

    def __init__(self, config: Config, chats: Chats) -> None:
        self._config = config
        self._chats = chats
        self._places = Slots(
            config.downloads_per_visitor,
            config.downloads,
            own_taken=f"{config.downloads_per_visitor} of your downloads are going on. Wait until one is done.",
            all_taken="Too many downloads are going on at the moment. Try again in a minute.",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One download."""
        try:
            with self._places.taken_by(visitor_of_scope(scope, self._config)):
                response = await self._response(Request(scope))
                await response(scope, receive, send)
        except TooMany as error:
            await PlainTextResponse(str(error), 429)(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        chat, name = self._chats.find_by_files_key(request.path_params["key"]), request.path_params["name"]
        file = await _opened(chat, name) if chat else None
        if file is None:
            return PlainTextResponse("This file is not there any more.", 404)
        kind = mimetypes.guess_type(name)[0]
        shown = kind if kind in IMAGE_ENDINGS and "picture" in request.query_params else None
        return FileOfChat(file, name, shown_as=shown)


class FileOfChat(Response):
    """A file that code may still be writing to: what is sent of it is never more than there was at the beginning.

    shown_as: the type of a picture that the browser may show; any other file it saves.
    """

    def __init__(self, file: BinaryIO, name: str, *, shown_as: str | None) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        saved = f"attachment; filename*=UTF-8''{quote(Path(name).name, safe='')}"
        headers = {
            "content-disposition": "inline" if shown_as else saved,
            "content-length": str(self._size),
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        super().__init__(headers=headers, media_type=shown_as or "application/octet-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until it is all there, or its client is gone or takes nothing more for too long."""
        with self._file:
            sending, gone = asyncio.create_task(self._send(send)), asyncio.create_task(_disconnected(receive))
            try:
                await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone.cancel()
                await _ended(sending)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        left = self._size
        while left:
            piece = await asyncio.to_thread(self._file.read, min(left, _PIECE))
            if not piece:
                return  # it has shrunk: without an end the client sees that something is missing
            left -= len(piece)
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _opened(chat: Chat, name: str) -> BinaryIO | None:
    try:
        return await chat.session.agent.open_file(name)
    except GlassboxError:
        return None


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(sending: asyncio.Task[None]) -> None:
    """See that nobody works on it any more."""
    sending.cancel()
    await asyncio.wait({sending})
    with suppress(asyncio.CancelledError, OSError):  # which a client that took too long is, too
        sending.result()
