"""Encodes what host tools return as the JSON that a worker reads (see guest/tools/records.py)."""

import base64
import datetime
import decimal
import enum
import json
import pathlib
import sys
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from json.encoder import encode_basestring
from typing import Any

from pydantic import BaseModel

from agent_core.errors import ToolError
from agent_core.sandbox.guest import wire_format
from agent_core.tools.iterators import is_iterator

LIMIT = wire_format.LIMIT - 1_000  # characters
_DEEPEST = 100
_LONGEST_TEXT = 100_000  # characters of the str() of an object
_LARGE = 10_000  # bits; Python refuses to read decimal numbers that are much longer
_PANDAS_NULLS = ("NaTType", "NAType")  # class names; they become None
_LISTS = (list, deque, range, type({}.keys()), type({}.values()), type({}.items()))
_DEFAULT_STR = (object.__str__, BaseModel.__str__, BaseException.__str__)

_TEXTS: dict[type, tuple[str, Callable[[Any], str]]] = {
    datetime.datetime: ("datetime", datetime.datetime.isoformat),
    datetime.date: ("date", datetime.date.isoformat),
    datetime.time: ("time", datetime.time.isoformat),
    decimal.Decimal: ("decimal", str),
    uuid.UUID: ("uuid", str),
    pathlib.PurePath: ("path", str),
}


def encode(value: Any) -> bytes:
    """Return a tool's result as JSON.

    Args:
        value: Plain data, a dataclass, a pydantic model, an array or table, or lists and dicts of these. Of other
            objects their str() is passed on.

    Raises:
        ToolError: It is too large, nested too deep, or contains itself.
    """
    encoder = _ResultEncoder()
    encoder.write(value)
    data = "".join(encoder.pieces).encode("utf-8", "replace")
    if len(data) > LIMIT:
        raise ToolError(_too_large(f"{len(data) / 2**20:.0f} MB"))
    return data


def _too_large(size: str) -> str:
    return (
        f"The tool's result is too large: {size}, and {wire_format.LIMIT // 2**20} MB are the most. Ask for less of it."
    )


class _ResultEncoder:
    """Writes JSON piece by piece, so that too large a result is noticed early, and other threads can run."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._left = LIMIT
        self._depth = 0

    def write(self, value: Any) -> None:
        if value is None or type(value).__name__ in _PANDAS_NULLS:
            self._put("null")
        elif isinstance(value, (bool, float)):
            self._put(json.dumps(value))
        elif isinstance(value, enum.Enum):
            self.write(value.value)
        elif isinstance(value, str):
            self._room(len(value))
            self._put(encode_basestring(value))
        elif isinstance(value, int):
            large = value.bit_length() > _LARGE
            self._put(f'{{"int": "{value:x}"}}' if large else int.__repr__(value))
        else:
            self._depth += 1
            if self._depth > _DEEPEST:
                raise ToolError("The tool's result cannot be passed on: it is nested too deep, or holds itself.")
            self._write_object(value)
            self._depth -= 1

    def _write_object(self, value: Any) -> None:
        if isinstance(value, Mapping):
            self._dict(value)
        elif isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
            self._record(value)
        elif isinstance(value, tuple):
            names = getattr(value, "_fields", None)
            named = [type(value).__name__, list(names), list(value)] if names else None
            self._tagged(*(("named", named) if named else ("tuple", list(value))))
        elif isinstance(value, (set, frozenset)):
            self._tagged("set" if isinstance(value, set) else "frozenset", list(value))
        elif isinstance(value, _LISTS) or is_iterator(value):
            self._list(value)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            self._room(len(value) * 4 // 3)
            self._tagged("bytes", base64.b64encode(value).decode())
        elif isinstance(value, complex):
            self._tagged("complex", [value.real, value.imag])
        elif isinstance(value, datetime.timedelta):
            self._tagged("timedelta", [value.days, value.seconds, value.microseconds])
        elif kind := next((kind for kind in _TEXTS if isinstance(value, kind)), None):
            name, as_text = _TEXTS[kind]
            self._tagged(name, as_text(value))
        elif not self._write_data(value):
            self.write(_text_of(value) or f"<{type(value).__name__}>")

    def _list(self, items: Any) -> None:
        self._put("[")
        for number, item in enumerate(items):
            if number:
                self._put(",")
            self.write(item)
        self._put("]")

    def _tagged(self, kind: str, content: Any) -> None:
        self._put(f'{{"{kind}":')
        self.write(content)
        self._put("}")

    def _dict(self, items: Mapping[Any, Any]) -> None:
        self._put('{"dict":[')
        for number, (key, item) in enumerate(items.items()):
            self._put(",[" if number else "[")
            self.write(key)
            self._put(",")
            self.write(item)
            self._put("]")
        self._put("]}")

    def _record(self, value: Any) -> None:
        """Write the name of its class, its fields, their aliases, and its str() if its class defines one."""
        names, aliases = _fields(value)
        has_own_str = type(value).__str__ not in _DEFAULT_STR
        self._put(f'{{"record":[{encode_basestring(type(value).__name__)},')
        self._list(names)
        self._put(",")
        self._list(getattr(value, name, None) for name in names)
        self._put(f",{json.dumps(aliases)},")
        self.write(_text_of(value) if has_own_str else None)
        self._put("]}")

    def _write_data(self, value: Any) -> bool:
        """Write an object of numpy or pandas. Return False if it is not one."""
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if pandas and isinstance(value, pandas.DataFrame):
            columns = [value.iloc[:, number].tolist() for number in range(value.shape[1])]
            self._tagged("table", [value.columns.tolist(), columns, _index(value)])
        elif pandas and isinstance(value, pandas.Series):
            self._tagged("series", [value.name, value.tolist(), _index(value)])
        elif numpy and isinstance(value, numpy.ndarray) and value.dtype.kind in "OV":  # objects or records
            self.write(value.tolist())
        elif numpy and isinstance(value, numpy.ndarray):
            self._room(value.nbytes * 4 // 3)
            self._tagged("array", [value.dtype.str, list(value.shape), value.tobytes()])
        elif numpy and isinstance(value, numpy.generic):
            self.write(value.item())
        elif pandas and isinstance(value, pandas.Index):
            self.write(value.tolist())
        else:
            return False
        return True

    def _room(self, size: int) -> None:
        """Raise ToolError if there is no room for this many more characters."""
        if size > self._left:
            raise ToolError(_too_large(f"more than {(LIMIT - self._left + size) // 2**20} MB"))

    def _put(self, piece: str) -> None:
        self._room(len(piece))
        self._left -= len(piece)
        self.pieces.append(piece)


def _fields(value: Any) -> tuple[list[str], dict[str, str]]:
    """Return the names of its fields, and the fields by their aliases in JSON."""
    if not isinstance(value, BaseModel):
        return [field.name for field in fields(value)], {}
    model = type(value).model_fields
    aliases = {field.alias: name for name, field in model.items() if field.alias and field.alias != name}
    return [*model, *(value.model_extra or {})], aliases


def _index(table: Any) -> list[Any] | None:
    """Return the labels of the rows; None if they are only numbered."""
    plain = type(table.index).__name__ == "RangeIndex" and table.index.start == 0 and table.index.step == 1
    return None if plain else table.index.tolist()


def _text_of(value: Any) -> str | None:
    """Return its str(), cut to a length; None if that fails."""
    try:
        text = str(value)
    except BaseException:
        return None
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"
