"""Reads the values of answers, which code in the sandbox has written, and makes displays of values of the host."""

import base64
from collections.abc import Mapping
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.execution import VALUE, Display, register_value_reader
from agent_core.sandbox.guest.values import pictures
from agent_core.sandbox.guest.values.answers import VALUE as GUEST_VALUE
from agent_core.sandbox.guest.values.answers import answer_bundle
from agent_core.sandbox.guest.values.decoding import NotReadable, read
from agent_core.sandbox.host import bundles
from agent_core.sandbox.host.terminal import plain

_ONLY_SHOWN = "Only what was shown of this is kept, not the object itself: only a run's answer has a value."
assert VALUE == GUEST_VALUE


def value_of(data: Mapping[str, str]) -> Any:
    """Return the object that an answer is. Nothing in it is trusted, nor imported before it is needed.

    Args:
        data: The answer as a MIME bundle.

    Raises:
        GlassboxError: It cannot be had here.
    """
    try:
        if VALUE in data:
            return read(data[VALUE])
        if "image/png" in data:
            return _picture(data["image/png"])
    except NotReadable as error:
        raise GlassboxError(f"The answer {plain(str(error))}. Its text is str(answer).") from None
    if data.get("text/markdown") == data["text/plain"]:
        return data["text/plain"]
    raise GlassboxError(_ONLY_SHOWN)


def display_of(value: Any) -> Display:
    """Return an object of the host as an answer, with its value; also to be shown.

    Args:
        value: A tool's result, for example.
    """
    return Display(bundles.check(answer_bundle(value))[0])


def pictures_of(value: Any) -> list[Display]:
    """Return the pictures and figures of the host that a value is, or that it is a list of, to be shown."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [display_of(item) for item in items if pictures.is_picture(item)]


def _picture(content: str) -> Any:
    try:
        return pictures.read(base64.b64decode(content))
    except ImportError:
        raise NotReadable("is a picture, and needs pillow, which is not installed here: pip install pillow") from None
    except Exception as error:  # whatever the picture was made to raise
        raise NotReadable(f"is not the picture that it claims to be: {type(error).__name__}") from None


register_value_reader(value_of)
