"""The files of a chat's workspace on the page: what a person gives, what the code wrote, and how it is fetched."""

import mimetypes
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from agent_core import Agent, GlassboxError
from agent_core.execution import FileNote, size_text
from ui.chats import Chat, Chats
from ui.markdown import escape

MOST_FILES = 10  # with one question
_MOST_SHOWN = 20
_PIECE = 256 * 1024
# Pictures that cannot hold scripts; no other file is ever shown by the browser itself, each is saved.
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def check_files(paths: Sequence[str]) -> list[Path]:
    """The files that a person gives with a question. Raises GlassboxError for too many, or one that is gone."""
    files = [Path(path) for path in paths]
    if len(files) > MOST_FILES:
        raise GlassboxError(f"These are {len(files)} files; at most {MOST_FILES} go with one question. Remove some.")
    if gone := next((file for file in files if not file.is_file()), None):
        raise GlassboxError(f"The file “{gone.name}” was added too long ago. Remove it, and add it again.")
    return files


def files_html(notes: Sequence[FileNote], address: str) -> str:
    """Files as a line of links, pictures as small pictures. address: see `files_address`."""
    links = "".join(
        _link(note, f"{address}/{quote(note.name, errors='surrogateescape')}") for note in notes[:_MOST_SHOWN]
    )
    more = f"<small>and {len(notes) - _MOST_SHOWN} more in the workspace</small>" if len(notes) > _MOST_SHOWN else ""
    return f'<div class="files">{links}{more}</div>'


def files_address(chat: Chat) -> str:
    """Where the browser fetches the files of a chat, beside the page."""
    return f"files/{chat.files_key}"


def file_route(chats: Chats) -> Route:
    """Where the browser fetches files of a chat's workspace, as they are at that moment: files/<key>/<name>."""

    async def send(request: Request) -> Response:
        chat = chats.find_by_files_key(request.path_params["key"])
        name = request.path_params["name"]
        file = await _copy_out(chat.session.agent, name) if chat else None
        if file is None:
            return PlainTextResponse("This file is not there any more.", 404)
        return _response(file, name, as_picture="picture" in request.query_params)

    return Route("/files/{key}/{name:path}", send)


def _link(note: FileNote, address: str) -> str:
    picture = f'<img src="{address}?picture" alt="" loading="lazy">' if note.kind in _PICTURES else ""
    name = escape(re.sub(r"\s+", " ", note.name))
    return f'<a href="{address}" download="">{picture}{name} <small>{escape(_described(note))}</small></a>'


def _described(note: FileNote) -> str:
    """Its type and its size, as a person reads them."""
    ending = Path(note.name).suffix.removeprefix(".").upper()
    kind = ending if 0 < len(ending) <= 5 else note.kind.partition("/")[0]
    return f"{kind} · {size_text(note.size)}"


async def _copy_out(agent: Agent, name: str) -> BinaryIO | None:
    """A copy that has no name any more, so that it goes when it is read; None where the file is gone."""
    with tempfile.TemporaryDirectory(prefix="glassbox-download-") as folder:
        target = Path(folder) / "file"
        try:
            await agent.copy_file(name, target)
        except GlassboxError:
            return None
        return target.open("rb")


def _response(file: BinaryIO, name: str, *, as_picture: bool) -> Response:
    kind = mimetypes.guess_type(name)[0]
    shown = as_picture and kind in _PICTURES
    headers = {
        "content-disposition": "inline" if shown else f"attachment; filename*=UTF-8''{quote(Path(name).name, safe='')}",
        "content-length": str(os.fstat(file.fileno()).st_size),
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return StreamingResponse(_pieces(file), headers=headers, media_type=kind if shown else "application/octet-stream")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
