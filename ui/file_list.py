"""What the page asks of a chat's workspace: the list of its files, and a preview of one."""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent_core import GlassboxError
from agent_core.execution import IMAGE_ENDINGS, FilePreview, ListedFile
from ui.chats import Chat, Chats
from ui.config import Config
from ui.owners import person_of
from ui.slots import Slots, TooMany
from ui.texts import words
from ui.view.files_html import described
from ui.visitors import visitor_of_scope
from ui.zip_files import fits

_MOST_LISTED = 500
_MOST_ROWS, _MOST_COLUMNS = 101, 100
_PREVIEWS, _PREVIEWS_PER_VISITOR = 4, 2  # at a time; each is a process
_HEADERS = {"cache-control": "no-store"}


def file_list_routes(config: Config, chats: Chats) -> list[Route]:
    """Return the routes files/<chat> for the list, and previews/<chat>/<name>. The chat's owner gets them, nobody else.

    The list has "count", the number of all files, "zip", whether they fit into one ZIP file, and "files", the last
    written first, each with "name", "about" (type and size), "modified" (seconds since 1970) and "picture" (whether the
    browser can show it). A preview has "note", "table" (rows of texts, the names of the columns first; null if it is
    none) and "text" (null if there is none).
    """
    slots = Slots(
        _PREVIEWS_PER_VISITOR,
        _PREVIEWS,
        own_taken="files.looking",
        all_taken="files.all_looking",
    )

    async def listed(chat: Chat, _: Request) -> Response:
        files = await chat.session.agent.sandbox.list_files()
        shown = [_listed(file) for file in files[:_MOST_LISTED]]
        return _json({"count": len(files), "zip": fits(files, chat.session.agent.sandbox.limits), "files": shown})

    async def preview(chat: Chat, request: Request) -> Response:
        try:
            with slots.taken_by(visitor_of_scope(request.scope, config)):
                shown = await chat.session.agent.sandbox.preview_file(request.path_params["name"])
        except TooMany as error:
            return PlainTextResponse(str(error), 429)
        except GlassboxError:
            return PlainTextResponse(words("files.gone"), 404)
        return _json({"note": shown.note, "table": _rows(shown), "text": shown.text})

    return [
        Route("/files/{chat}", _of_own_chat(config, chats, listed), methods=["GET"]),
        Route("/previews/{chat}/{name:path}", _of_own_chat(config, chats, preview), methods=["GET"]),
    ]


def _of_own_chat(
    config: Config, chats: Chats, answer: Callable[[Chat, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def find_and_answer(request: Request) -> Response:
        try:
            chat = await chats.find(request.path_params["chat"], person_of(request, config))
        except GlassboxError as error:
            return PlainTextResponse(str(error), 503)
        return await answer(chat, request) if chat else PlainTextResponse(words("files.gone"), 404)

    return find_and_answer


def _listed(file: ListedFile) -> dict[str, Any]:
    note = file.note
    return {
        "name": note.name,
        "about": described(note),
        "modified": file.modified,
        "picture": note.kind in IMAGE_ENDINGS,
    }


def _rows(preview: FilePreview) -> list[list[str]] | None:
    if preview.table is None:
        return None
    rows = csv.reader(io.StringIO(preview.table, newline=""))
    return [row[:_MOST_COLUMNS] for row, _ in zip(rows, range(_MOST_ROWS), strict=False)]


def _json(content: Any) -> Response:
    return JSONResponse(content, headers=_HEADERS)
