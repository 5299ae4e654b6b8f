"""The addresses at which a chat is had as a file, replayed, copied, and brought back from a file."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent_core import GlassboxError, Session, Store, StoreError
from agent_core.events import Event
from agent_core.memory.turns import Turn
from agent_core.session import import_chat
from agent_core.session.event_log import events_by_turn
from agent_core.session.loading import read_events, read_turns
from agent_core.text import whole_characters
from ui.config import Config
from ui.exports.exporting import KINDS, ExportKind, export
from ui.exports.markdown_text import answer_text, steps_text
from ui.exports.memory_record import memory_record, read_memory
from ui.exports.record_file import read_export
from ui.owners import owner_of
from ui.slots import Slots, TooMany
from ui.texts import read_text, words
from ui.view.transcript import Transcript
from ui.visitors import visitor_of_scope


class OpenChat(Protocol):
    """A chat that is open; see Chat."""

    @property
    def session(self) -> Session: ...


class LiveChats(Protocol):
    """The chats that are open; see Chats."""

    def find_open(self, chat_id: object, owner: str) -> OpenChat | None:
        """Return the owner's chat with this id if it is open."""
        ...

    async def check_size(self, owner: str) -> None:
        """Raise GlassboxError if an owner's chats take up so much that nothing may be added."""
        ...


@dataclass(frozen=True)
class _SavedChat:
    """A chat: its title, its events, of the turns that are shown, and what the model is told."""

    title: str
    events: list[Event]
    turns: Sequence[Turn]


class ChatExports:
    """Chats as files, for their owners. A chat of somebody else is none.

    Args:
        config: How much may go on at a time, and how large an import may be.
        store: Where the chats are.
        chats: Those that are open.
    """

    def __init__(self, config: Config, store: Store, chats: LiveChats) -> None:
        self._config = config
        self._store = store
        self._chats = chats
        self._slots = Slots(
            config.downloads_per_visitor,
            config.downloads,
            own_taken="exports.in_progress",
            all_taken="exports.all_in_progress",
        )

    @property
    def routes(self) -> list[Route]:
        """Return the routes. They come before those of the list, for which "import" would be a chat's id."""
        compressed = [Middleware(GZipMiddleware)]
        return [
            Route("/chats/import", self._answering(self._import), methods=["POST"]),
            Route("/chats/{id}/export/{kind}", self._answering(self._export), methods=["GET"], middleware=compressed),
            Route("/chats/{id}/replay", self._answering(self._replay), methods=["GET"], middleware=compressed),
            Route("/chats/{id}/turns/{turn:int}/text", self._answering(self._text), methods=["GET"]),
        ]

    def _answering(self, act: Callable[[Request, str], Awaitable[Response]]) -> Callable[[Request], Any]:
        """Return an endpoint that acts for the owner of the request, and says in plain words what goes wrong."""

        async def endpoint(request: Request) -> Response:
            try:
                with self._slots.taken_by(visitor_of_scope(request.scope, self._config)):
                    response = await act(request, owner_of(request, self._config))
            except TooMany as error:
                response = PlainTextResponse(str(error), 429)
            except StoreError as error:
                response = PlainTextResponse(str(error), 503)
            except GlassboxError as error:
                response = PlainTextResponse(str(error), 400)
            response.headers["cache-control"] = "no-store"
            return response

        return endpoint

    async def _export(self, request: Request, owner: str) -> Response:
        return await self._file(request, owner, request.path_params["kind"], "attachment")

    async def _replay(self, request: Request, owner: str) -> Response:
        return await self._file(request, owner, "html", "inline")

    async def _file(self, request: Request, owner: str, kind: str, disposition: str) -> Response:
        chat = await self._read(request, owner)
        known: ExportKind | None = next((name for name in KINDS if name == kind), None)
        if chat is None or known is None:
            return PlainTextResponse(words("chats.no_chat"), 404)
        memory = memory_record(chat.turns) if known == "json" else None  # at once: a run would go on with it
        file = await asyncio.to_thread(export, known, chat.title, chat.events, memory)
        name = quote(whole_characters(file.name), safe="")
        headers = {"content-disposition": f"{disposition}; filename*=UTF-8''{name}"}
        return Response(file.content, headers=headers, media_type=file.content_type)

    async def _text(self, request: Request, owner: str) -> Response:
        """Send what is copied of a turn: its answer, or all of it."""
        chat, number = await self._read(request, owner), request.path_params["turn"]
        turns = Transcript(chat.events).turns if chat else []
        if number >= len(turns):
            return PlainTextResponse(words("chats.no_chat"), 404)
        text = steps_text if "steps" in request.query_params else answer_text
        return PlainTextResponse(whole_characters(await asyncio.to_thread(text, turns[number])))

    async def _import(self, request: Request, owner: str) -> Response:
        if not owner:
            return PlainTextResponse(read_text("no_cookies"), 403)
        await self._chats.check_size(owner)
        content = await self._received(request)
        record = await asyncio.to_thread(read_export, content)
        turns = await asyncio.to_thread(read_memory, record.memory)
        return JSONResponse({"id": await import_chat(self._store, owner, record.title, record.events, turns)})

    async def _received(self, request: Request) -> bytes:
        """Return the file that is sent. Raises GlassboxError if it is too large, or not allowed to be sent."""
        most, content = self._config.upload_mb, bytearray()
        try:
            async for piece in request.stream():
                content += piece
                if len(content) > most * 2**20:
                    raise GlassboxError(words("exports.too_large", most=most))
        except MultiPartException as error:  # from what limits uploads
            raise GlassboxError(error.message) from None
        return bytes(content)

    async def _read(self, request: Request, owner: str) -> _SavedChat | None:
        """Return the chat that is asked for, as it is at the moment; None if the owner has none."""
        chat_id = request.path_params["id"]
        info = await self._store.find_chat(chat_id, owner) if owner else None
        if info is None:
            return None
        if chat := self._chats.find_open(chat_id, owner):
            log, turns = chat.session.log, chat.session.agent.memory.turns
        elif rows := await self._store.read(chat_id):
            log, turns = read_events(rows), read_turns(rows)
        else:
            return None
        return _SavedChat(info.title, [event for events in events_by_turn(log) for event in events], turns)
