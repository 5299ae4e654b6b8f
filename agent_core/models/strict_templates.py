"""Chat templates that take no system message, or no two messages of one role in a row."""

from collections.abc import Sequence
from typing import Any

from agent_core.models.base import Message


def with_plain_roles(messages: Sequence[Message]) -> list[Message]:
    """Return the messages as every template takes them: without a system message, user and assistant in turns.

    What the system message says stands before the first message of the user. Calls and their results stay apart,
    because their ids bind them together.

    Args:
        messages: The chat, the oldest message first.
    """
    plain: list[Message] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        last = plain[-1] if plain else None
        if last and last["role"] == role != "tool" and not (last.get("tool_calls") or message.get("tool_calls")):
            plain[-1] = {**last, "content": _joined(last["content"], message["content"])}
        else:
            plain.append({**message, "role": role})
    return plain


def _joined(first: str | list[dict[str, Any]], second: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_parts(first), *_parts(second)]


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
