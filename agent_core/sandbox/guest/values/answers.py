"""An answer: what is shown of it, and beside that the value itself, as far as it can be passed on."""

import json
from typing import Any

from ..message_limits import LONGEST_VALUE
from ..showing.displays import bundle
from . import pictures
from .encoding import NotEncodable, encode
from .forms import Form

VALUE = "application/vnd.glassbox.value+json"
"""The MIME type of an answer's value, as `encode` writes it. Texts and pictures need none: they are what is shown."""
_MOST_IN_ALL = 11 * 2**20  # bytes of an answer, within a frame


def answer_bundle(value: Any) -> dict[str, str]:
    """Return an answer as a MIME bundle, with its value.

    Raises:
        Exception: Whatever drawing a figure raises.
    """
    data = bundle(value, look=str)  # a person reads 2023-04-24, not datetime.date(2023, 4, 24)
    if isinstance(value, str):  # a text answer is rendered as Markdown
        data["text/markdown"] = data["text/plain"]
    if (isinstance(value, str) and data["text/plain"] == value) or ("image/png" in data and pictures.is_picture(value)):
        return data
    with_value = {**data, VALUE: _encoded(value)}
    size = len(json.dumps(with_value, ensure_ascii=False).encode("utf-8", "replace"))
    return with_value if size <= _MOST_IN_ALL else {**data, VALUE: nothing("is too large to be passed on")}


def nothing(reason: str) -> str:
    """Return what stands for a value that cannot be passed on.

    Args:
        reason: Why, such as "is a function".
    """
    return encode(Form("nothing", reason), LONGEST_VALUE)


def _encoded(value: Any) -> str:
    try:
        return encode(value, LONGEST_VALUE)
    except NotEncodable as error:
        return nothing(str(error))
    except Exception as error:  # of a class whose fields cannot be read
        return nothing(f"raised {type(error).__name__} when it was read")
