"""What chat-completion services have in common: how long to wait for them, and the form of their events."""

import json
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

import httpx

from agent_core.models import error_messages
from agent_core.models.base import CallDelta, ModelChunk
from agent_core.text import whole_characters
from agent_core.usage import Usage

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 120.0  # before the first piece of a reply, and between two of them


def timeouts() -> httpx.Timeout:
    """How long a request may wait for its service."""
    return httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)


async def read(events: AsyncIterable[Any], model: str) -> AsyncGenerator[ModelChunk, None]:
    """The events of a streamed reply as chunks; the usage last, if the service sent it.

    Raises ModelError if the reply has no text or stops before its end.
    """
    usage = None
    written = finished = False
    async for event in events:
        usage = getattr(event, "usage", None) or usage
        for choice in (event.choices or [])[:1]:
            chunk = _chunk(choice.delta)
            calls = _calls(choice.delta)
            written = written or bool(chunk.text or calls)
            finished = finished or bool(choice.finish_reason)
            if chunk.text or chunk.reasoning:
                yield chunk
            for call in calls:
                yield ModelChunk(call=call)
    if usage:
        yield ModelChunk(usage=_usage(usage))
    if not written:
        raise error_messages.failure(error_messages.EMPTY, model)
    if not finished:
        raise error_messages.failure(error_messages.BROKEN_OFF, model)


def _chunk(delta: Any) -> ModelChunk:
    # Services have not agreed on where the reasoning goes.
    reasoning = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
    return ModelChunk(_text(getattr(delta, "content", None)), _text(reasoning))


def _calls(delta: Any) -> list[CallDelta]:
    """The pieces of native calls. Some servers leave out the index, or send the arguments whole, as an object."""
    calls = []
    for position, call in enumerate(getattr(delta, "tool_calls", None) or []):
        arguments = call.function.arguments
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        index = position if call.index is None else int(call.index)
        calls.append(CallDelta(index, _text(call.id), _text(call.function.name), _text(arguments)))
    return calls


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    cached = details.get("cached_tokens") if isinstance(details, dict) else getattr(details, "cached_tokens", None)
    cached = cached or getattr(usage, "prompt_cache_hit_tokens", None)  # DeepSeek's name for it
    return Usage(
        int(usage.prompt_tokens or 0),
        int(usage.completion_tokens or 0),
        requests=1,
        cached_tokens=int(cached or 0),
    )


def _text(content: Any) -> str:
    """The client libraries do not check that it is text. Raises TypeError where it is not."""
    if not isinstance(content, str | None):
        raise TypeError(f"a {type(content).__name__} in the place of text")
    return whole_characters(content or "")
