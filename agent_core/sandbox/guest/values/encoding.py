"""Writes values as JSON: scalars and lists as they are, all else as {kind: content}. decoding.py reads them."""

import base64
import datetime
import decimal
import enum
import io
import json
import numbers
import pathlib
import sys
import types
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from json.encoder import encode_basestring
from typing import Any

from . import pictures, tables
from .forms import Form
from .records import Record

_DEEPEST = 100
_LONGEST_TEXT = 100_000  # characters of the str() of an object
_LARGE = 10_000  # bits; Python refuses to read decimal numbers that are much longer
_PANDAS_NULLS = ("NaTType", "NAType")  # class names; they become None
_LISTS = (list, deque, range, type({}.keys()), type({}.values()), type({}.items()))
_LONGEST_NAME = 60  # characters of a class in a sentence

_TEXTS: dict[type, tuple[str, Callable[[Any], str]]] = {
    datetime.datetime: ("datetime", datetime.datetime.isoformat),
    datetime.date: ("date", datetime.date.isoformat),
    datetime.time: ("time", datetime.time.isoformat),
    decimal.Decimal: ("decimal", str),
    uuid.UUID: ("uuid", str),
    pathlib.PurePath: ("path", str),
}
_BOUND: dict[Any, str] = {
    types.FunctionType: "a function",
    types.BuiltinFunctionType: "a function",
    types.MethodType: "a method",
    types.ModuleType: "a module",
    type: "a class",
    io.IOBase: "an open file",
    types.GeneratorType: "a generator",
    Iterator: "an iterator",
}
"""What exists only in the process that made it, by the words for it."""


class NotEncodable(ValueError):
    """A value cannot be passed on. The text says why, and goes on from the name of the value: "is too large …"."""


class TooLarge(NotEncodable):
    """It has more than the most characters."""


def encode(value: Any, most: int) -> str:
    """Return a value as JSON.

    Args:
        value: Plain data, a dataclass, a pydantic model, an array, table or picture, or lists and dicts of these.
        most: Characters of the text.

    Raises:
        NotEncodable: It is too large, nested too deep, contains itself, or is something that cannot be passed on.
    """
    encoder = ValueEncoder(most)
    encoder.write(value)
    return encoder.text()


class ValueEncoder:
    """Writes JSON piece by piece, so that too large a value is noticed early, and other threads can run.

    Args:
        most: Characters of the text.
    """

    def __init__(self, most: int) -> None:
        self._pieces: list[str] = []
        self._most = self._left = most
        self._depth = 0

    def text(self) -> str:
        return "".join(self._pieces)

    def write(self, value: Any) -> None:
        if value is None or type(value).__name__ in _PANDAS_NULLS:
            self._put("null")
        elif isinstance(value, (bool, float)):
            self._put(json.dumps(value))
        elif isinstance(value, enum.Enum):
            self.write(value.value)
        elif isinstance(value, str) and not hasattr(value, "to_raw"):
            self._room(len(value))
            self._put(encode_basestring(value))
        elif isinstance(value, int):
            large = value.bit_length() > _LARGE
            self._put(f'{{"int": "{value:x}"}}' if large else int.__repr__(value))
        else:
            self._depth += 1
            if self._depth > _DEEPEST:
                raise NotEncodable("is nested too deep, or holds itself")
            self._write_object(value)
            self._depth -= 1

    def write_other(self, value: Any) -> None:
        """Write an object that has no form of its own."""
        raise NotEncodable(f"is {words_for(value)}, which exists only where it was made")

    def write_list(self, items: Any) -> None:
        self._put("[")
        for number, item in enumerate(items):
            if number:
                self._put(",")
            self.write(item)
        self._put("]")

    def _write_object(self, value: Any) -> None:
        if type(value) is Form:
            self._tagged(value.kind, value.content)
        elif isinstance(value, Mapping):
            self._dict(value)
        elif _is_record(value):
            self._record(value)
        elif isinstance(value, tuple):
            names = getattr(value, "_fields", None)
            named = [type(value).__name__, list(names), list(value)] if names else None
            self._tagged(*(("named", named) if named else ("tuple", list(value))))
        elif isinstance(value, (set, frozenset)):
            self._tagged("set" if isinstance(value, set) else "frozenset", list(value))
        elif isinstance(value, _LISTS):
            self.write_list(value)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            self._room(len(value) * 4 // 3)
            self._put(f'{{"bytes": "{base64.b64encode(value).decode()}"}}')
        elif isinstance(value, complex):
            self._tagged("complex", [value.real, value.imag])
        elif isinstance(value, datetime.timedelta):
            self._tagged("timedelta", [value.days, value.seconds, value.microseconds])
        elif kind := next((kind for kind in _TEXTS if isinstance(value, kind)), None):
            name, as_text = _TEXTS[kind]
            self._tagged(name, as_text(value))
        else:
            self._write_data(value)

    def _write_data(self, value: Any) -> None:
        """Write an object of a library for tables, arrays or pictures, or what wraps one."""
        self._room((size_in_bytes(value) or 0) * 4 // 3)
        if not isinstance(value, type) and callable(getattr(value, "to_raw", None)):
            rate = getattr(value, "samplerate", None)  # of sound, as a tool made for another library gives it
            self.write(value.to_raw() if rate is None else (rate, value.to_raw()))
        elif tables.is_no_time(value):
            self._put("null")
        elif (form := pictures.form_of(value) or tables.form_of(value)) is not None:
            self.write(form)
        elif isinstance(value, numbers.Integral):  # of SymPy, for example
            self.write(int(value))
        else:
            self.write_other(value)

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
        self._put(f'{{"record":[{encode_basestring(type(value).__name__)},')
        self.write_list(names)
        self._put(",")
        self.write_list(getattr(value, name, None) for name in names)
        self._put(f",{json.dumps(aliases)},")
        self.write(_own_text(value))
        self._put("]}")

    def _room(self, size: int) -> None:
        """Raise TooLarge if there is no room for this many more characters."""
        if size > self._left:
            megabytes = (self._most - self._left + size) // 2**20
            raise TooLarge(f"is too large: more than {megabytes} MB, and {round(self._most / 2**20)} MB are the most")

    def _put(self, piece: str) -> None:
        self._room(len(piece))
        self._left -= len(piece)
        self._pieces.append(piece)


def text_of(value: Any) -> str | None:
    """Return its str(), cut to a length; None if that fails."""
    try:
        text = str(value)
    except BaseException:
        return None
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"


def words_for(value: Any) -> str:
    """Return what an object is, in words: "a function", or the name of its class."""
    bound = next((words for kind, words in _BOUND.items() if isinstance(value, kind)), None)
    return bound or f"an object of the class {type(value).__name__[:_LONGEST_NAME]}"


def size_in_bytes(value: Any) -> int | None:
    """Return the size of an array; None of anything else."""
    numpy = sys.modules.get("numpy")
    return value.nbytes if numpy and isinstance(value, numpy.ndarray) else None


def _is_record(value: Any) -> bool:
    return not isinstance(value, type) and (is_dataclass(value) or _is_model(value))


def _is_model(value: Any) -> bool:
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(value, pydantic.BaseModel)


def _own_text(value: Any) -> str | None:
    """Return the str() of a record if its class defines one."""
    if isinstance(value, Record):
        return getattr(value, "_text", None)
    inherited = [object.__str__, BaseException.__str__]
    if _is_model(value):
        inherited.append(sys.modules["pydantic"].BaseModel.__str__)
    return None if type(value).__str__ in inherited else text_of(value)


def _fields(value: Any) -> tuple[list[str], dict[str, str]]:
    """Return the names of its fields, and the fields by their aliases in JSON."""
    if not _is_model(value):
        return [field.name for field in fields(value)], {}
    model = type(value).model_fields
    aliases = {field.alias: name for name, field in model.items() if field.alias and field.alias != name}
    return [*model, *(value.model_extra or {})], aliases
