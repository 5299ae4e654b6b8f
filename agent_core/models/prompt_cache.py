"""Marks for prompt caches, where a provider serves from its cache only what was marked."""

from collections.abc import Sequence
from typing import Any, cast

from agent_core.models.base import Message

_MARK = {"type": "ephemeral"}


def wants_marks(model: str) -> bool:
    """Whether the provider behind a litellm name wants marks: Anthropic's models do, whoever serves them."""
    return "claude" in model.lower()


def marked(messages: Sequence[Message]) -> list[Message]:
    """The messages with marks on the system prompt and on the last two of the user's or a tool's; the input stays.

    The last mark stores what is sent, the one before it finds what the request before stored. At most four may be set.
    """
    spoken = [position for position, message in enumerate(messages) if message["role"] in ("user", "tool")]
    system = [position for position, message in enumerate(messages) if message["role"] == "system"]
    chosen = {*system[:1], *spoken[-2:]}
    return [_marked(message) if position in chosen else message for position, message in enumerate(messages)]


def _marked(message: Message) -> Message:
    content = message["content"]
    if not content:  # Anthropic refuses a mark on an empty text
        return message
    parts: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    return cast(Message, {**message, "content": [*parts[:-1], {**parts[-1], "cache_control": _MARK}]})
