"""What all models behind the chat-completions protocol have in common, whichever client library sends the requests."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any, Unpack

from agent_core.errors import ModelError
from agent_core.events import ServerState
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.models.families import family_of
from agent_core.models.given import model_name
from agent_core.models.own_server import ServerFacts, forget_facts, server_facts
from agent_core.models.server_state import server_state
from agent_core.models.settings import ModelSettings, checked
from agent_core.models.strict_templates import with_plain_roles

_GONE = ("not_running", "loading", "cut_off")  # after these errors the server may be another one
_MOST_KNOWN = 1_000
_strict: set[tuple[str | None, str]] = set()  # whose templates refused system messages, by address and model


class ServedModel(ABC):
    """A model behind the chat-completions protocol; see Model.

    Args:
        name: The model's name for its client library.
        base_url: The address of one's own endpoint; None for a public service.
        served_name: The model's name at that endpoint.
        context_window: The size of the context window in tokens; None for what is known of the model's family, or of
            the endpoint if that is less.
        capabilities: What the model can do; None for what is known of the family, and of the endpoint.
        settings: What its requests say, where nothing else is said.

    Raises:
        ModelError: The name is none, or a setting cannot be used.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None,
        served_name: str,
        context_window: int | None,
        capabilities: Capabilities | None,
        settings: ModelSettings,
    ) -> None:
        model_name(name)
        self.settings = checked(settings)
        family = family_of(name, own_address=bool(base_url))
        self.name = name
        self.context_window = context_window or family.context_window
        self.capabilities = capabilities or family.capabilities
        self._base_url = base_url
        self._served_name = served_name
        self._window_is_set = context_window is not None
        self._capabilities_are_set = capabilities is not None
        self._known_window = family.context_window  # whatever the server says
        self._known_capabilities = self.capabilities
        self._tools_ruled_out = capabilities is not None and not capabilities.tools
        self._facts = ServerFacts()

    def definition(self) -> dict[str, Any]:
        """Return the arguments that make the same model again, by their names in JSON, but for its key."""
        given: dict[str, Any] = {"name": self.name, "address": self._base_url}
        if self._window_is_set:
            given["context_window"] = self.context_window
        if self._capabilities_are_set:
            given["capabilities"] = asdict(self._known_capabilities)
        given["settings"] = {name: value for name, value in self.settings.items() if value is not None}
        return given

    async def look_up(self) -> None:
        """Take over what the server says of its window and of tools, if it is one's own; mostly from memory."""
        self._facts = facts = await server_facts(self._base_url, self._served_name)
        if facts.window and not self._window_is_set:
            self.context_window = min(facts.window, self._known_window or facts.window)
        if facts.tools is not None:
            known = self._known_capabilities
            tools = facts.tools and not self._tools_ruled_out
            self.capabilities = replace(known, tools=tools, code_calls=known.code_calls and tools)

    async def state(self) -> ServerState:
        """Return what the server does that has not begun to answer; "" if it is not one's own, or not there."""
        return await server_state(self._base_url, self._served_name, self._facts)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **settings: Unpack[ModelSettings],
    ) -> AsyncGenerator[ModelChunk, None]:
        """Send the messages and stream the reply; see Model.stream.

        If the model's template refuses their roles, they are sent once more with plain ones, as all later ones are.
        """
        asked = checked({**self.settings, **settings})
        await self.look_up()
        place = (self._base_url, self._served_name)
        while True:
            strict = place in _strict
            try:
                sent = with_plain_roles(messages) if strict else messages
                async with aclosing(self._send(sent, tools=tools, settings=asked)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except ModelError as error:
                if error.code in _GONE:
                    forget_facts(self._base_url)
                if error.code != "roles" or strict:
                    raise
                if len(_strict) >= _MOST_KNOWN:
                    _strict.clear()
                _strict.add(place)
            else:
                return

    @property
    def has_own_address(self) -> bool:
        """Whether it is served at one's own endpoint, and not by a public service."""
        return bool(self._base_url)

    def _extra_body(self, settings: ModelSettings) -> dict[str, Any]:
        """Return what goes into the request beside what the protocol has."""
        progress = {"return_progress": True} if self._facts.tells_progress else {}
        return {**progress, **(settings.get("extra_body") or {})}

    @abstractmethod
    def _send(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None,
        settings: ModelSettings,
    ) -> AsyncGenerator[ModelChunk, None]:
        """Send one request and stream its reply; see Model.stream."""
