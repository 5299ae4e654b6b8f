"""The addresses of the list of chats: what a person has, and what they may do with it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent_core import ChatInfo, Store, StoreError
from ui.texts import with_words, words

ChatState = Literal["running", "waiting"]
"""What goes on in a chat: a run, or a run that waits for a person."""
MOST_FOUND = 100  # chats that a search shows

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}

HEAD = '<link rel="stylesheet" href="chat_list/column.css"><script type="module" src="chat_list/column.js"></script>'
"""What the page's head needs for the column."""


class OpenChats(Protocol):
    """The chats that are open, with their runs; see Chats."""

    def states(self, owner: str) -> Mapping[str, ChatState]:
        """Return the state of each of an owner's chats that has a run."""
        ...

    async def delete(self, chat_id: str, owner: str) -> bool:
        """Delete a chat, and end its run. Returns whether the owner had it."""
        ...

    async def delete_all(self, owner: str) -> int:
        """Delete all chats of an owner for good, and end their runs."""
        ...


class ChatList:
    """The list of chats, for whoever asks.

    Args:
        store: Where the chats are.
        owner_of: Says who sends a request: the owner of their chats, "" if they can have none.
        chats: Those that are open.
    """

    def __init__(
        self,
        store: Store,
        owner_of: Callable[[HTTPConnection], str],
        chats: OpenChats,
    ) -> None:
        self._store = store
        self._owner_of = owner_of
        self._chats = chats

    @property
    def routes(self) -> list[Route]:
        """Return the routes: /chats for the list, /chats/<id> for one of them, and the column's own files."""
        return [
            Route("/chats", self._answering(self._list), methods=["GET"], middleware=[Middleware(GZipMiddleware)]),
            Route("/chats", self._answering(self._delete_all), methods=["DELETE"]),
            Route("/chats/{id}", self._answering(self._change), methods=["POST"]),
            Route("/chats/{id}", self._answering(self._delete), methods=["DELETE"]),
            Route("/chats/{id}/restore", self._answering(self._restore), methods=["POST"]),
            *(_file_route(path) for path in sorted(_HERE.iterdir()) if path.suffix in _TYPES),
        ]

    def _answering(self, act: Callable[[Request, str], Awaitable[Response]]) -> Callable[[Request], Any]:
        """Return an endpoint that acts for the owner of the request, and says in plain words what goes wrong."""

        async def endpoint(request: Request) -> Response:
            owner = self._owner_of(request)
            try:
                response = await act(request, owner) if owner else _of_nobody(request)
            except StoreError as error:
                response = PlainTextResponse(str(error), 503)
            response.headers["cache-control"] = "no-store"  # titles have no business in the browser's cache
            return response

        return endpoint

    async def _list(self, request: Request, owner: str) -> Response:
        """Send the list, or only that it is still what the browser has."""
        search = request.query_params.get("search", "").strip()
        limit = {"limit": MOST_FOUND} if search else {}
        chats = await self._store.list_chats(owner, search=search, **limit)
        states = self._chats.states(owner)
        body = json.dumps([_entry(chat, states.get(chat.id, "")) for chat in chats]).encode()
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, headers={"etag": tag}, media_type="application/json")

    async def _change(self, request: Request, owner: str) -> Response:
        """Give a chat a title, or pin it."""
        match await _json(request):
            case {"title": str(title)} if title.strip():
                return _done(await self._store.rename(request.path_params["id"], owner, title))
            case {"pinned": bool(pinned)}:
                return _done(await self._store.pin(request.path_params["id"], owner, pinned))
        return PlainTextResponse(words("chats.nothing"), 400)

    async def _delete(self, request: Request, owner: str) -> Response:
        return _done(await self._chats.delete(request.path_params["id"], owner))

    async def _restore(self, request: Request, owner: str) -> Response:
        return _done(await self._store.restore(request.path_params["id"], owner))

    async def _delete_all(self, _: Request, owner: str) -> Response:
        await self._chats.delete_all(owner)
        return _done(True)


def _entry(chat: ChatInfo, state: str) -> dict[str, Any]:
    """Return what the browser is told of a chat. What is empty or false is left out: most of it is."""
    entry = {"id": chat.id, "title": chat.title, "used": round(chat.used)}
    entry |= {"pinned": chat.pinned, "found": chat.found, "state": state}
    return {name: value for name, value in entry.items() if value}


def _of_nobody(request: Request) -> Response:
    """Answer somebody who can have no chats. In a store, chats without an owner are those of a program."""
    return JSONResponse([]) if request.method == "GET" else _done(False)


def _done(was_there: bool) -> Response:
    return JSONResponse({}) if was_there else PlainTextResponse(words("chats.no_chat"), 404)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def _file_route(path: Path) -> Route:
    content, kind = path.read_text(encoding="utf-8"), _TYPES[path.suffix]

    def send(_: Request) -> Response:
        return Response(with_words(content) if path.suffix == ".html" else content, media_type=kind)

    return Route(f"/chat_list/{path.name}", send)
