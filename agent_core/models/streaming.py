"""Reads the streams of chat-completion services, which all have the same form."""

import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any

import httpx

from agent_core.models import error_mapping
from agent_core.models.base import CallDelta, ModelChunk, PromptProgress
from agent_core.models.signs_of_life import note_sign
from agent_core.text import whole_characters
from agent_core.usage import Usage

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 600.0  # without a byte; an agent gives up much earlier, by its RetryPolicy
CUT_OFF = ("length", "content_filter")  # the finish reasons of replies that are not whole
_FINISH_REASONS = {"max_tokens": "length", "model_length": "length", "limit": "length"}


def timeouts(silence: float | None = None) -> httpx.Timeout:
    """Return how long a request may wait for its service.

    Args:
        silence: Seconds without a byte; None for SILENCE_SECONDS.
    """
    silence = silence or SILENCE_SECONDS
    return httpx.Timeout(silence, connect=min(CONNECT_SECONDS, silence))


async def read(
    events: AsyncIterable[Any], model: str, *, has_ended: Callable[[], bool] = lambda: True
) -> AsyncGenerator[ModelChunk, None]:
    """Yield the events of a streamed reply as chunks; the finish reason and the usage come last.

    Args:
        events: The events from the client library, in OpenAI's form.
        model: The model's name, for error messages.
        has_ended: Returns whether the service itself said that the reply is over. Called after a finish reason, which
            the client library may have made up.

    Raises:
        ModelError: The reply has no text and no call, or stops before its end.
    """
    usage, reason, thoughts, written = None, "", "", False
    async for event in events:
        note_sign()
        usage = getattr(event, "usage", None) or usage
        if progress := _progress(getattr(event, "prompt_progress", None)):
            yield ModelChunk(progress=progress)
        for choice in (event.choices or [])[:1]:
            chunk = _chunk(choice.delta)
            calls = _calls(choice.delta)
            written = written or bool(chunk.text or calls)
            thoughts += "" if written else chunk.reasoning
            reason = choice.finish_reason or reason
            if chunk.text or chunk.reasoning:
                yield chunk
            for call in calls:
                yield ModelChunk(call=call)
        if usage and not reason and usage.prompt_tokens:  # it counts if the rest of the reply is not waited for
            yield ModelChunk(usage=_usage(usage))
    reason = reason if reason and has_ended() else ""
    if thoughts.strip() and not written and reason == "stop":  # some servers send the whole reply as reasoning
        written = True
        yield ModelChunk(text=thoughts)
    if reason:
        yield ModelChunk(finish_reason=_FINISH_REASONS.get(reason, reason))
    if usage:
        yield ModelChunk(usage=_usage(usage))
    if not written and reason not in CUT_OFF:
        raise error_mapping.failure(error_mapping.EMPTY, model)
    if not reason:
        raise error_mapping.failure(error_mapping.BROKEN_OFF, model)


def _chunk(delta: Any) -> ModelChunk:
    # Services do not agree on where the reasoning is.
    reasoning = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
    return ModelChunk(_text(getattr(delta, "content", None)), _text(reasoning))


def _progress(told: Any) -> PromptProgress | None:
    """Return what llama.cpp tells while it reads the prompt."""
    if not isinstance(told, dict):
        return None
    return PromptProgress(*(int(told.get(key) or 0) for key in ("processed", "total", "cache")))


def _calls(delta: Any) -> list[CallDelta]:
    """Return the pieces of native calls. Some servers leave out the index, or send the arguments as one object."""
    calls = []
    for position, call in enumerate(getattr(delta, "tool_calls", None) or []):
        if call.function is None:
            continue
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
    """Return text that is valid Unicode. Raises TypeError for anything else: the client libraries do not check."""
    if not isinstance(content, str | None):
        raise TypeError(f"expected text, got {type(content).__name__}")
    return whole_characters(content or "")
