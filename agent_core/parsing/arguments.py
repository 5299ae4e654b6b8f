"""Turns the arguments of a call into plain JSON, whatever the model wrote, because they go back to models as JSON."""

import math
from collections.abc import Mapping
from typing import Any

from agent_core.parsing.reply import ActionCall
from agent_core.text import whole_characters

_DEEPEST = 50  # levels of nested lists and dicts
_LARGEST = 10**1_000


def action_call(call_id: str, name: str, arguments: Mapping[str, Any]) -> ActionCall:
    """Return a call. If JSON cannot hold the arguments, the call has none and its `problem` says why."""
    try:
        return ActionCall(call_id, name, _plain(arguments))
    except ValueError as error:
        return ActionCall(call_id, name, {}, f"The arguments cannot be read: {error}. Give them as plain JSON.")


def _plain(value: Any, depth: int = 0) -> Any:
    """Return the value in a form that JSON can hold. Raises ValueError if there is none."""
    if depth > _DEEPEST:
        raise ValueError(f"they are nested more than {_DEEPEST} times")
    match value:
        case str():
            return whole_characters(value)
        case float() if not math.isfinite(value):
            return str(value)
        case None | float():
            return value
        case int() if abs(value) <= _LARGEST:
            return value
        case list() | tuple() | set():
            return [_plain(item, depth + 1) for item in value]
        case dict():
            return {whole_characters(str(key)): _plain(item, depth + 1) for key, item in value.items()}
        case _:
            raise ValueError(f"JSON has no such {type(value).__name__}")
