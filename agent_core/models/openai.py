"""Models of OpenAI, and behind any address that speaks its chat-completions protocol, without a client library."""

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from types import SimpleNamespace
from typing import Any, Unpack

import httpx

from agent_core.elsewhere import MODEL_ARGUMENTS, advising
from agent_core.errors import ModelError
from agent_core.models import error_mapping, streaming
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.models.error_mapping import ModelFailure
from agent_core.models.served import ServedModel
from agent_core.models.server_events import mend_request, mend_response
from agent_core.models.settings import ModelSettings, in_request
from agent_core.net.certificates import certificates

_HOOKS = {"request": [mend_request], "response": [mend_response]}
_DONE = "[DONE]"
_OPENAI = "https://api.openai.com/v1"
_LENGTH, _NEW_LENGTH = "max_tokens", "max_completion_tokens"  # OpenAI's reasoning models take the new name only
_NO_KEY = ModelFailure("no_key", "There is no key of OpenAI for {model}. Set OPENAI_API_KEY, or give `api_key`.")


class ReportedError(Exception):
    """A service reported an error within its reply. The argument is what it said, as a text or JSON."""


class OpenAIModel(ServedModel):
    """A model of OpenAI, or behind an address that speaks its chat-completions protocol: llama.cpp, vLLM, Ollama, ….

    Args:
        model: The model's name there.
        base_url: The address, as a rule up to "/v1"; None for OpenAI's own.
        api_key: The key for that address. Without one, OpenAI's own address gets OPENAI_API_KEY, any other none.
        context_window: The size of the context window in tokens; None for what is known of the model's family, or for
            what a server on this machine or network says when it is asked, if that is less.
        capabilities: What the model can do; None for what is known of the model's family, or for what such a server
            says. A server whose template leaves tools out counts more than what is given.
        **settings: What its requests say where a run does not say else, such as `temperature`; see ModelSettings.

    Raises:
        ModelError: The name is none, or a setting cannot be used.
    """

    @advising(MODEL_ARGUMENTS, ModelError)
    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        context_window: int | None = None,
        capabilities: Capabilities | None = None,
        **settings: Unpack[ModelSettings],
    ) -> None:
        base_url = None if base_url and base_url.rstrip("/") == _OPENAI else base_url or None
        super().__init__(
            model,
            base_url=base_url,
            served_name=model,
            context_window=context_window,
            capabilities=capabilities,
            settings=settings,
        )
        self._url = f"{(base_url or _OPENAI).rstrip('/')}/chat/completions"
        self._api_key = api_key
        self._length = _LENGTH if base_url else _NEW_LENGTH

    async def _send(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None,
        settings: ModelSettings,
    ) -> AsyncGenerator[ModelChunk, None]:
        key = self._api_key if self._base_url else self._api_key or os.environ.get("OPENAI_API_KEY")
        if not (key or self._base_url):
            raise error_mapping.failure(_NO_KEY, self.name)
        body = {
            "model": self.name,
            "messages": list(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"tools": list(tools)} if tools else {}),
            **in_request(settings),
            **self._extra_body(settings),
        }
        try:
            events = self._events(body, key, streaming.timeouts(settings.get("timeout")))
            async with aclosing(events), aclosing(streaming.read(events, self.name)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except error_mapping.ModelError:
            raise
        except Exception as error:
            raise error_mapping.to_model_error(error, self.name, key, settings) from None

    async def _events(
        self, body: dict[str, Any], key: str | None, timeouts: httpx.Timeout
    ) -> AsyncGenerator[Any, None]:
        """Yield the events of a reply. A redirect to another host does not get the key."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx.AsyncClient(
                verify=certificates(), event_hooks=_HOOKS, timeout=timeouts, follow_redirects=True
            ) as client,
            self._answering(client, body, headers) as response,
        ):
            async for line in response.aiter_lines():
                field, _, value = line.partition(":")
                if field != "data":
                    continue
                if value.strip() == _DONE:
                    return
                yield _event(json.loads(value))

    @asynccontextmanager
    async def _answering(
        self, client: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """Send a request, and once more if the service wants the limit of the reply under its new name."""
        while True:
            sent = {self._length if name == _LENGTH else name: value for name, value in body.items()}
            async with client.stream("POST", self._url, json=sent, headers=headers) as response:
                if response.is_success:
                    yield response
                    return
                await response.aread()
            if not self._takes_new_length(response):
                response.raise_for_status()

    def _takes_new_length(self, refusal: httpx.Response) -> bool:
        """Note that a service wants the most tokens of a reply under their new name, if that is what it says."""
        wanted = self._length == _LENGTH and refusal.status_code == httpx.codes.BAD_REQUEST
        if not wanted or _NEW_LENGTH not in refusal.text:
            return False
        self._length = _NEW_LENGTH
        return True


def _event(event: dict[str, Any]) -> Any:
    """Return an event with its parts as attributes, as client libraries have them. Raises ReportedError."""
    if (error := event.get("error")) is not None:
        raise ReportedError(error)
    choices = [_choice(choice) for choice in event.get("choices") or []]
    usage = event.get("usage")
    return SimpleNamespace(
        choices=choices,
        usage=SimpleNamespace(**{"prompt_tokens": 0, "completion_tokens": 0, **usage}) if usage else None,
        prompt_progress=event.get("prompt_progress"),
    )


def _choice(choice: dict[str, Any]) -> SimpleNamespace:
    delta = choice["delta"]
    calls = [_call(call) for call in delta.get("tool_calls") or []]
    return SimpleNamespace(
        delta=SimpleNamespace(**{**delta, "tool_calls": calls}), finish_reason=choice["finish_reason"]
    )


def _call(call: dict[str, Any]) -> SimpleNamespace:
    function = call["function"]
    named = SimpleNamespace(name=function.get("name"), arguments=function.get("arguments"))
    return SimpleNamespace(index=call["index"], id=call.get("id"), function=named)
