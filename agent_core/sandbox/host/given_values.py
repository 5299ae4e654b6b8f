"""Encodes what a program gives to the code in the sandbox as variables."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agent_core.errors import GlassboxError
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.guest.showing.variables import describe
from agent_core.sandbox.guest.values.encoding import NotEncodable, TooLarge, encode
from agent_core.text import truncate

MOST_GIVEN = wire_format.LIMIT - 4 * 2**20  # characters of all values of one step
_LONGEST_LOOK = 120  # characters
_KINDS = "plain data, dates, bytes, dataclasses, pydantic models, tables, arrays, pictures, or paths of files"


@dataclass(frozen=True)
class EncodedValue:
    """A value on its way into the sandbox.

    Attributes:
        text: The value, encoded.
        look: What it is, in a few words.
    """

    text: str
    look: str = ""


def encode_value(name: str, value: Any, most: int = MOST_GIVEN) -> EncodedValue:
    """Return a value as it is given to the code.

    Args:
        name: Its name.
        value: Plain data, a dataclass, a pydantic model, a table, an array, a picture, or lists and dicts of these.
        most: Characters that it may have.

    Raises:
        GlassboxError: It cannot be given; the text says which one, and what can.
    """
    try:
        return EncodedValue(encode(value, most), _look(value))
    except TooLarge as error:
        raise GlassboxError(f"The value {name!r} {error}. Give less of it, or a file.") from None
    except NotEncodable as error:
        raise GlassboxError(f"The value {name!r} {error}. Give {_KINDS}.") from None
    except Exception as error:  # of a property, or of a library
        raise GlassboxError(f"The value {name!r} cannot be read: {type(error).__name__}. Give {_KINDS}.") from None


def encoded_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values by their names as a worker reads them; what is encoded already stays. Raises GlassboxError."""
    texts: dict[str, str] = {}
    left = MOST_GIVEN
    for name, value in values.items():
        encoded = value if isinstance(value, EncodedValue) else encode_value(name, value, left)
        texts[name] = encoded.text
        left = max(0, left - len(encoded.text))
    return texts


def _look(value: Any) -> str:
    """Return what a value is, as the code sees it."""
    fields = None
    if isinstance(value, BaseModel):
        fields = [*type(value).model_fields, *(value.model_extra or {})]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value)]
    if fields is None:
        return describe(value)
    return truncate(f"record {type(value).__name__} with fields {', '.join(fields)}", _LONGEST_LOOK)
