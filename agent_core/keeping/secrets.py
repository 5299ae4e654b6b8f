"""Looks for keys in what is to be kept of an agent, so that none is ever written."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.net.redaction import holds_key

_ENDINGS = ("apikey", "api_key", "api_token", "access_token", "auth_token", "hf_token", "github_token", "secret")
_ENDINGS += ("password", "authorization")
_FOUND = "What is to be kept of this agent holds a key, in {place}. Take it out: keys are given when it is loaded."


def check_for_keys(data: Any) -> None:
    """Raise GlassboxError if a text in this data is a key, or stands where keys stand. The error names the place."""
    for place, name, text in _texts(data, (), ""):
        if holds_key(text) or (text and _is_of_key(name)):
            raise GlassboxError(_FOUND.format(place=".".join(place)))


def _is_of_key(name: str) -> bool:
    name = name.lstrip("-").lower().replace("-", "_")
    return name == "token" or name.endswith(_ENDINGS)


def _texts(data: Any, place: tuple[str, ...], name: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield each text with its place, and the name that it has there."""
    if isinstance(data, str):
        yield place, name, data
    elif isinstance(data, dict):
        for key, part in data.items():
            yield from _texts(part, (*place, str(key)), str(key))
    elif isinstance(data, list):
        for number, part in enumerate(data):
            yield from _texts(part, (*place, str(number)), name)
        for number, (option, text) in enumerate(_options(data)):
            yield (*place, str(number)), option, text


def _options(arguments: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the options of a program among its arguments, with their values: "--token", "abc" or "--token=abc"."""
    texts = [part if isinstance(part, str) else "" for part in arguments]
    for text, following in zip_longest(texts, texts[1:], fillvalue=""):
        option, equals, value = text.partition("=")
        yield (option, value if equals else following) if text.startswith("-") else ("", "")
