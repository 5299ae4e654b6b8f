"""The addresses of the model picker: what can be chosen, what runs on this computer, and whether a model answers."""

import asyncio
import html
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gradio import oauth
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent_core import GlassboxError
from agent_core.models.hub_login import hub_token
from agent_core.models.providers import PROVIDERS, Provider
from ui.config import Config
from ui.model_picker.hub_models import HubModels
from ui.model_picker.listed import ListedModel, entries
from ui.model_picker.local_servers import find_local_servers, server_titles
from ui.model_picker.model_check import check_model
from ui.model_picker.provider_models import provider_models
from ui.owners import owner_of, person_of
from ui.settings.keys import ChatKeys, choose_models
from ui.settings.model_sources import AUTOMATIC, HUB, LITELLM
from ui.settings.own_agent import OwnAgent
from ui.settings.settings import read_settings
from ui.slots import Slots
from ui.texts import with_words, words

HEAD = (
    '<link rel="stylesheet" href="model_picker/picker.css"><script type="module" src="model_picker/picker.js"></script>'
)
"""What the page's head needs for the picker."""

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
_PROVIDER_OPTIONS = "".join(f'<option value="{one.prefix}">{html.escape(one.title)}</option>' for one in PROVIDERS)
_CHECKS, _CHECKS_PER_VISITOR = 20, 3  # at a time

Result = TypeVar("Result")


class KeysOfChats(Protocol):
    """Knows the keys that were typed in open chats; see Chats."""

    def keys_of(self, chat_id: object, owner: str) -> ChatKeys:
        """Return the keys of an owner's chat; none if it is not open."""
        ...


class ModelPicker:
    """The server's side of the picker.

    Args:
        config: Says whose keys serve, and where servers are looked for.
        chats: Knows the keys that were typed.
        own: The agent that the page was opened around, which says what can be chosen; None for no such agent.
    """

    def __init__(self, config: Config, chats: KeysOfChats, own: OwnAgent | None = None) -> None:
        self._config = config
        self._own = own
        self._chats = chats
        self._hub = HubModels()
        self._checks = Slots(_CHECKS_PER_VISITOR, _CHECKS, own_taken="picker.checking", all_taken="picker.all_checking")

    @property
    def routes(self) -> list[Route]:
        """Return the routes: /models and what is below it, and the picker's own files."""
        return [
            Route("/models", self._models, methods=["GET"]),
            Route("/models/provider", self._of_provider, methods=["GET"]),
            Route("/models/servers", self._servers, methods=["POST"]),
            Route("/models/check", self._check, methods=["POST"]),
            *(_file_route(path, own=bool(self._own)) for path in sorted(_HERE.iterdir()) if path.suffix in _TYPES),
        ]

    async def _models(self, request: Request) -> Response:
        """Send the Hub's models, and those of the providers for which there is a key; or those of the page's agent."""
        if self._own:
            return _json({"groups": [_group_of_own(self._own)], "servers": []})
        keys = self._chats.keys_of(request.query_params.get("chat"), owner_of(request, self._config))
        listing, has_token = await asyncio.gather(self._hub.listing(), self._has_hub_key(request, keys))
        with_key = [provider for provider in PROVIDERS if self._has_key(provider, keys)]
        groups = [await asyncio.to_thread(_group, provider) for provider in with_key]
        hub = {"source": HUB.name, "title": HUB.label, "models": entries(listing.models)}
        hub |= {"ready": has_token, "current": listing.is_current}
        return _json(
            {
                "groups": [hub, *groups],
                "servers": [] if self._config.public else server_titles(self._config.servers),
            }
        )

    async def _of_provider(self, request: Request) -> Response:
        """Send the models of one provider, for a person who has just typed a key for it."""
        prefix = request.query_params.get("name")
        provider = next((provider for provider in PROVIDERS if provider.prefix == prefix), None)
        return (
            _json(await asyncio.to_thread(_group, provider))
            if provider
            else PlainTextResponse(words("input.unreadable"), 400)
        )

    async def _servers(self, _: Request) -> Response:
        """Look for servers of models on this computer."""
        if self._config.public or self._own:
            return PlainTextResponse(words("picker.not_here"), 403)
        found = await find_local_servers(self._config.servers)
        return _json([{"title": server.title, "models": entries(server.models)} for server in found])

    async def _check(self, request: Request) -> Response:
        """Ask the named model for a word, until the browser goes away."""
        person = person_of(request, self._config)
        try:
            sent = await request.json()
            chat, key, named = str(sent.get("chat", "")), str(sent.get("key", "")).strip(), dict(sent)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return PlainTextResponse(words("input.unreadable"), 400)
        try:
            settings = read_settings({name: named[name] for name in ("source", "model", "address") if name in named})
            if self._own:
                model = self._own.model_of(settings)
            else:
                keys = self._chats.keys_of(chat, person.owner)
                model = (await choose_models(settings, keys, key, _sign_in(request), self._config))[0]
                keys.add(settings, key, self._config)
            with self._checks.taken_by(person.visitor):
                checked = await _unless_gone(request, check_model(model, advise=not self._own))
        except GlassboxError as error:
            return _json({"works": False, "text": str(error)})
        return _json(checked._asdict() if checked else {})

    async def _has_hub_key(self, request: Request, keys: ChatKeys) -> bool:
        has_own = bool(_sign_in(request)) or any(place.source == HUB.name for place in keys.places)
        return has_own or (self._config.share_keys and bool(await asyncio.to_thread(hub_token)))

    def _has_key(self, provider: Provider, keys: ChatKeys) -> bool:
        typed = any((p.source, p.scope, p.address) == (LITELLM.name, provider.prefix, "") for p in keys.places)
        return typed or (self._config.share_keys and bool(os.environ.get(provider.variable)))


def _group(provider: Provider) -> dict[str, Any]:
    models = entries(provider_models(provider))
    return {"source": LITELLM.name, "prefix": provider.prefix, "title": provider.title, "models": models, "ready": True}


def _group_of_own(own: OwnAgent) -> dict[str, Any]:
    """Return the models of a program's agent as a group of the list. They go by their names alone."""
    models = [
        ListedModel(
            AUTOMATIC.name,
            model.name,
            tools=model.capabilities.tools,
            pictures=model.capabilities.vision,
            context=model.context_window,
        )
        for model in own.models
    ]
    return {"title": words("picker.models"), "models": entries(models), "ready": True, "own": True}


def _sign_in(request: HTTPConnection) -> str:
    """Return the token of the visitor's sign-in to Hugging Face; "" if there is none."""
    session = request.scope.get("session")
    found = oauth._get_valid_oauth_info_from_session(session) if session else None
    return found["access_token"] if found else ""


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Result]) -> Result | None:
    """Return the result of the work; None, with the work ended, if the one who asked for it goes away before."""
    task, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_leave(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for each in (task, leaving):
            each.cancel()
        await asyncio.wait({task, leaving})


async def _leave(request: Request) -> None:
    """Wait until the one who sent the request goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json(content: Any) -> Response:
    return JSONResponse(content, headers={"cache-control": "no-store"})


def _file_route(path: Path, *, own: bool) -> Route:
    content, kind = path.read_text(encoding="utf-8"), _TYPES[path.suffix]

    def send(_: Request) -> Response:
        if path.suffix != ".html":
            return Response(content, media_type=kind)
        return Response(with_words(content, providers=_PROVIDER_OPTIONS, own=str(own).lower()), media_type=kind)

    return Route(f"/model_picker/{path.name}", send)
