"""How the browser fetches the files of a chat's workspace, and the tables that its code showed."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent_core import GlassboxError
from agent_core.execution import CSV, IMAGE_ENDINGS
from agent_core.file_names import mime_type
from ui.chats import Chat, Chats
from ui.config import Config
from ui.owners import person_of
from ui.slots import Slots, TooMany
from ui.table_files import TABLE_FILES
from ui.texts import words
from ui.visitors import visitor_of_scope
from ui.zip_files import fits, zip_pieces

STALLED_SECONDS = 60.0  # without progress, after which a download is aborted
_PIECE = 256 * 1024


def download_routes(config: Config, chats: Chats) -> list[Route]:
    """Return the routes for what a chat has to download.

    Files of its workspace, as they are at that moment, are at files/<chat>/<name>, all of them as a ZIP file at
    archives/<chat>, and tables, as they were shown, at tables/<chat>/<table>.csv and .xlsx. The chat's owner gets them,
    nobody else.
    """
    slots = Slots(
        config.downloads_per_visitor,
        config.downloads,
        own_taken="files.downloading",
        all_taken="files.all_downloading",
    )
    files, archives, tables = (
        Downloads(config, chats, slots, find) for find in (_workspace_file, _archive, _table_file)
    )
    return [
        Route("/files/{chat}/{name:path}", files, methods=["GET"]),
        Route("/archives/{chat}", archives, methods=["GET"]),
        Route("/tables/{chat}/{table}.{ending}", tables, methods=["GET"]),
    ]


class Downloads:
    """ASGI app that sends what a chat has to download.

    Args:
        config: How many downloads there may be at a time, and who a visitor is.
        chats: The chats.
        slots: A slot for each download in progress.
        find: Makes the response for a chat; None if the chat does not have what is asked for.
    """

    def __init__(
        self,
        config: Config,
        chats: Chats,
        slots: Slots,
        find: Callable[[Chat, Request], Awaitable[Response | None]],
    ) -> None:
        self._config = config
        self._chats = chats
        self._slots = slots
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one download."""
        try:
            with self._slots.taken_by(visitor_of_scope(scope, self._config)):
                response = await self._response(Request(scope))
                await response(scope, receive, send)
        except TooMany as error:
            await PlainTextResponse(str(error), 429)(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        try:
            chat = await self._chats.find(request.path_params["chat"], person_of(request, self._config))
        except GlassboxError as error:
            return PlainTextResponse(str(error), 503)
        found = await self._find(chat, request) if chat else None
        return found or PlainTextResponse(words("files.gone"), 404)


async def _workspace_file(chat: Chat, request: Request) -> Response | None:
    name = request.path_params["name"]
    try:
        file = await chat.session.agent.open_file(name)
    except GlassboxError:
        return None
    kind = mime_type(name)
    shown = kind if kind in IMAGE_ENDINGS and "picture" in request.query_params else None
    return FileOfChat(file, name, shown_as=shown)


async def _archive(chat: Chat, _: Request) -> Response:
    sandbox = chat.session.agent.sandbox
    files = await sandbox.list_files()
    if not fits(files, sandbox.limits):
        return PlainTextResponse(words("files.together_too_large", most=sandbox.limits.disk_mb), 413)
    return PiecesOfChat(_with_end(zip_pieces(files, sandbox.open_file)), _saved_as("files.zip"))


async def _table_file(chat: Chat, request: Request) -> Response | None:
    name, ending = request.path_params["table"], request.path_params["ending"]
    display, make = chat.assets.tables.find(name), TABLE_FILES.get(ending)
    if display is None or make is None:
        return None
    content = await asyncio.to_thread(make, display.data[CSV])
    number = chat.assets.tables.number_of(name)
    return FileOfChat(io.BytesIO(content), f"table-{number}.{ending}", shown_as=None)


class PiecesOfChat(Response):
    """A file that is sent piece by piece, until it is complete or its client is gone or stalls.

    Args:
        pieces: What is sent. An empty piece ends it; without one, the client notices that some is missing.
        disposition: Whether the browser saves it, and as what.
        size: Its size in bytes; None if that is not known.
        shown_as: The MIME type of an image that the browser may show; None for a file that it saves.
    """

    def __init__(
        self, pieces: AsyncIterator[bytes], disposition: str, *, size: int | None = None, shown_as: str | None = None
    ) -> None:
        self._pieces = pieces
        headers = {
            "content-disposition": disposition,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        if size is not None:
            headers["content-length"] = str(size)
        super().__init__(headers=headers, media_type=shown_as or "application/octet-stream")
        if size is None:
            del self.headers["content-length"]  # that of a body of nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces."""
        sending, gone = asyncio.create_task(self._send(send)), asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            await _ended(sending)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": bool(piece)})


class FileOfChat(PiecesOfChat):
    """A file that code may still be writing to: never more is sent than it held at the beginning.

    Args:
        file: The open file.
        name: Its name.
        shown_as: The MIME type of an image that the browser may show; None for a file that it saves.
    """

    def __init__(self, file: BinaryIO, name: str, *, shown_as: str | None) -> None:
        self._file = file
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        disposition = "inline" if shown_as else _saved_as(Path(name).name)
        super().__init__(_read(file, size), disposition, size=size, shown_as=shown_as)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, and close it."""
        with self._file:
            await super().__call__(scope, receive, send)


def _saved_as(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


async def _read(file: BinaryIO, left: int) -> AsyncIterator[bytes]:
    while left:
        piece = await asyncio.to_thread(file.read, min(left, _PIECE))
        if not piece:
            return  # it has shrunk
        left -= len(piece)
        yield piece
    yield b""


async def _with_end(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        if piece:  # an empty one would be the end
            yield piece
    yield b""


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(sending: asyncio.Task[None]) -> None:
    """Cancel the sending, and wait for its end."""
    sending.cancel()
    await asyncio.wait({sending})
    with suppress(asyncio.CancelledError, OSError):  # TimeoutError, for a client that stalled, is an OSError
        sending.result()
