"""Models behind any address that speaks OpenAI's chat-completions protocol, without a client library."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import httpx

from agent_core.models import error_mapping, streaming
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.models.served import ServedModel
from agent_core.models.server_events import mend_request, mend_response
from agent_core.net.certificates import certificates

_HOOKS = {"request": [mend_request], "response": [mend_response]}
_DONE = "[DONE]"


class ReportedError(Exception):
    """A service reported an error within its reply. The argument is what it said, as a text or JSON."""


class OpenAIModel(ServedModel):
    """A model behind an address that speaks OpenAI's chat-completions protocol, such as llama.cpp, vLLM or Ollama.

    Args:
        model: The model's name there.
        base_url: The address, as a rule up to "/v1".
        api_key: The key for that address; None for none.
        context_window: The size of the context window in tokens; None for what is known of the model's family, or for
            what a server on this machine or network says when it is asked, if that is less.
        capabilities: What the model can do; None for what is known of the model's family, or for what such a server
            says. A server whose template leaves tools out counts more than what is given.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        context_window: int | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__(
            model, base_url=base_url, served_name=model, context_window=context_window, capabilities=capabilities
        )
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._api_key = api_key

    async def _send(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None,
        stop: Sequence[str],
        max_tokens: int,
        temperature: float | None,
    ) -> AsyncGenerator[ModelChunk, None]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": list(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": max_tokens,
            **(self._more_parameters or {}),
        }
        given = {"tools": list(tools or ()), "stop": list(stop), "temperature": temperature}
        body |= {name: value for name, value in given.items() if value not in (None, [])}
        try:
            async with aclosing(self._events(body)) as events, aclosing(streaming.read(events, self.name)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except error_mapping.ModelError:
            raise
        except Exception as error:
            raise error_mapping.to_model_error(error, self.name, self._api_key) from None

    async def _events(self, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """Yield the events of a reply. A redirect to another host does not get the key."""
        headers = {"authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        async with (
            httpx.AsyncClient(
                verify=certificates(), event_hooks=_HOOKS, timeout=streaming.timeouts(), follow_redirects=True
            ) as client,
            client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            if not response.is_success:
                await response.aread()
                response.raise_for_status()
            async for line in response.aiter_lines():
                field, _, value = line.partition(":")
                if field != "data":
                    continue
                if value.strip() == _DONE:
                    return
                yield _event(json.loads(value))


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
