"""Looks for keys in what is to be kept of an agent, so that none is ever written."""

from collections.abc import Iterator
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.net.redaction import holds_key

_NAMES = {"api_key", "apikey", "api_token", "access_token", "auth_token", "hf_token", "token", "secret", "password"}
_NAMES |= {"authorization"}
_FOUND = "What is to be kept of this agent holds a key, in {place}. Take it out: keys are given when it is loaded."


def check_for_keys(data: Any) -> None:
    """Raise GlassboxError if a text in this data is a key, or stands where keys stand. The error names the place."""
    for place, name, text in _texts(data, ()):
        if holds_key(text) or (text and name.lower().replace("-", "_") in _NAMES):
            raise GlassboxError(_FOUND.format(place=".".join(place)))


def _texts(data: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield each text with its place, and the name that it has there."""
    if isinstance(data, str):
        yield place, next((part for part in reversed(place) if not part.isdigit()), ""), data
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from _texts(part, (*place, str(key)))
