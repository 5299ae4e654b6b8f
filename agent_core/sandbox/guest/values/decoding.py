"""Reads what encoding.py writes, which may come from a side that lies.

All that is read is checked or harmless: no class of the other side is looked up, no address opened, no object made
that is larger than what stands for it. Numbers of texts and lists are limited, and pixels of pictures.
"""

import base64
import datetime
import json
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NoReturn

from ..json_parts import parts_of
from . import pictures, tables
from .forms import Form
from .records import Record, Records, make_named_tuple, make_record

MOST_PARTS = 400_000  # texts, lists, objects and commas of a value that is not trusted: small ones take most memory
_MOST_WORK = 20_000  # columns, tables, pictures and fields of new classes: each takes up to a third of a millisecond
_NEW_CLASS = 25  # as much work as so many fields
_MOST_ALIKE = 1_000  # keys with the same hash: each more takes as long as all before it
_LONGEST_REASON = 200  # characters
_PACKAGES = {"PIL": "pillow"}


VALUE = "__value__"
"""The only key, but "look", of what stands for a value in a tool's arguments: its text. The look is for people."""


class NotReadable(ValueError):
    """A value cannot be read. The text says why, and goes on from the name of the value: "needs pandas …"."""


def read(text: str) -> Any:
    """Return the value that a text holds, which the other side wrote.

    Raises:
        NotReadable: It is not what `encode` writes, has too many parts, or needs a package that is not installed.
    """
    return ValueReader().read(text)


class ValueReader:
    """Reads the values of one answer or one call. What they may take in memory and time, they may all together."""

    def __init__(self) -> None:
        self._decoder = ValueDecoder(PurePosixPath, _MOST_WORK)
        self._parts = MOST_PARTS

    def read(self, text: str) -> Any:
        """Return the next value; see `read`. Raises NotReadable."""
        self._parts -= parts_of(text, self._parts + 1)
        if self._parts < 0:
            raise NotReadable("has too many parts to be read")
        try:
            return self._decoder.decode(json.loads(text))
        except NotReadable:
            raise
        except ImportError as error:
            package = _PACKAGES.get(error.name or "", error.name)
            raise NotReadable(f"needs {package}, which is not installed here: pip install {package}") from None
        except Exception as error:  # whatever it was made to raise
            raise NotReadable(f"is not what it claims to be: {type(error).__name__}") from None


def decode(data: Any) -> Any:
    """Return a value of the host, as JSON holds it, to the code in the sandbox."""
    return ValueDecoder(Path).decode(data)


class ValueDecoder:
    """Reads one value.

    Args:
        path: What a path becomes.
        most_work: How much of what takes long there may be, as `_MOST_WORK` says; None for any number.
    """

    def __init__(self, path: type[PurePath], most_work: int | None = None) -> None:
        self._pixels = pictures.MOST_PIXELS
        self._work = most_work
        self._classes: set[Any] = set()
        self._kinds: dict[str, Callable[[Any], Any]] = {
            "record": self._record,
            "named": self._named,
            "dict": self._dict,
            "tuple": lambda items: tuple(map(self.decode, items)),
            "set": lambda items: _set_of(set, self.decode(items)),
            "frozenset": lambda items: _set_of(frozenset, self.decode(items)),
            "bytes": base64.b64decode,
            "int": lambda digits: int(digits, 16),
            "complex": lambda parts: complex(*parts),
            "timedelta": lambda parts: datetime.timedelta(*parts),
            "datetime": datetime.datetime.fromisoformat,
            "date": datetime.date.fromisoformat,
            "time": datetime.time.fromisoformat,
            "decimal": _decimal,
            "uuid": _uuid,
            "path": path,
            "array": self._array,
            "table": self._table,
            "series": self._series,
            "image": self._image,
            "nothing": _refuse,
        }

    def decode(self, data: Any) -> Any:
        """Return the value: scalars and lists are as they are, all else is {kind: content}."""
        if type(data) is list:
            items = [item if type(item) is str else self.decode(item) for item in data]
            return Records(items) if items and isinstance(items[0], Record) else items
        if type(data) is dict:
            ((kind, content),) = data.items()
            return self._kinds[kind](content)
        return data

    def _record(self, content: list[Any]) -> Record:
        name, names, values, aliases, text = content
        self._count_class(name, *names, *aliases.items())
        return make_record(name, names, list(map(self.decode, values)), aliases, text)

    def _named(self, content: list[Any]) -> Any:
        name, names, values = content
        self._count_class(None, name, *names)
        return make_named_tuple(name, names, list(map(self.decode, values)))

    def _dict(self, content: list[Any]) -> dict[Any, Any]:
        pairs = [(self.decode(key), self.decode(value)) for key, value in content]
        try:
            _check_hashes(key for key, _ in pairs)
            return dict(pairs)
        except TypeError:  # some keys are not hashable here
            return {str(key): value for key, value in pairs}

    def _array(self, content: list[Any]) -> Any:
        kind, shape, data = content
        return tables.read_array(kind, shape, self.decode(data))

    def _table(self, content: list[Any]) -> Any:
        library, rows, labels, columns, index = content
        self._count(1)
        return tables.read_table(
            library, rows, self._axis(labels), [self._column(column) for column in columns], self._axis(index)
        )

    def _series(self, content: list[Any]) -> Any:
        library, name, column, index = content
        return tables.read_series(library, self.decode(name), self._column(column), self._axis(index))

    def _axis(self, axis: Any) -> Any:
        return None if axis is None else (self.decode(axis[0]), [self._column(level) for level in axis[1]])

    def _column(self, data: Any) -> Any:
        """Return a column: an array, texts, a list, or the parts of what the library has to put together."""
        self._count(1)
        kind, content = next(iter(data.items())) if type(data) is dict else ("", [])
        if kind == "texts":
            name, lengths, joined = content
            return tables.read_texts(name, self.decode(lengths), joined)
        if kind in tables.MADE_OF_PARTS:
            return Form(kind, [self._column(part) for part in content])
        return self.decode(data)

    def _image(self, content: str) -> Any:
        self._count(1)
        image = pictures.read(base64.b64decode(content), self._pixels)
        self._pixels -= image.width * image.height
        return image

    def _count_class(self, *parts: Any) -> None:
        if self._work is not None and parts not in self._classes:
            self._classes.add(parts)
            self._count(_NEW_CLASS + len(parts))

    def _count(self, work: int) -> None:
        """Raise NotReadable if there is more to do than a value may ask for."""
        if self._work is not None:
            self._work -= work
            if self._work < 0:
                raise NotReadable("has too many tables, pictures or classes to be read")


def _refuse(reason: str) -> NoReturn:
    raise NotReadable(str(reason)[:_LONGEST_REASON])


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def _set_of(kind: Callable[[Iterable[Any]], Any], items: list[Any]) -> Any:
    try:
        _check_hashes(items)
        return kind(items)
    except TypeError:  # some items are not hashable here
        return items


def _check_hashes(keys: Iterable[Hashable]) -> None:
    """Raise ValueError for keys that were chosen so that a dict of them takes for ever, TypeError for others."""
    hashes = [hash(key) for key in keys if type(key) is not str]
    if len(hashes) - len(set(hashes)) > _MOST_ALIKE:
        raise ValueError("too many keys are alike")
