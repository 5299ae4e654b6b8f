"""Marks for the prompt caches of providers that cache only what is marked."""

from collections.abc import Sequence
from typing import Any, cast

from agent_core.models.base import Message

_MARK = {"type": "ephemeral"}


def wants_marks(model: str) -> bool:
    """Return whether a model, by its litellm name, needs marks: Anthropic's models do, whoever serves them."""
    return "claude" in model.lower()


def marked(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with marks on the system prompt and on the last two of the roles "user" and "tool".

    The last mark stores this request, the one before it finds what the previous request stored. A request may have at
    most four marks. The given messages are not changed.
    """
    spoken = [position for position, message in enumerate(messages) if message["role"] in ("user", "tool")]
    system = [position for position, message in enumerate(messages) if message["role"] == "system"]
    chosen = {*system[:1], *spoken[-2:]}
    return [_marked(message) if position in chosen else message for position, message in enumerate(messages)]


def _marked(message: Message) -> Message:
    content = message["content"]
    if not content:  # Anthropic rejects a mark on an empty text
        return message
    parts: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    return cast(Message, {**message, "content": [*parts[:-1], {**parts[-1], "cache_control": _MARK}]})
