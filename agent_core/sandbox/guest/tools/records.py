"""Decodes in the worker what host tools return: plain data, and records with named fields."""

import base64
import datetime
import functools
import reprlib
from collections import namedtuple
from collections.abc import Callable
from dataclasses import make_dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any, ClassVar

from ..showing.truncation import truncate

_LONGEST_FIELD = 400  # characters of a field in a repr
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _LONGEST_FIELD
_short.maxlist = _short.maxtuple = _short.maxdict = 10


class Record:
    """A result with named fields: `page.title` or `page["title"]`. `print(page)` shows it in full."""

    __slots__ = ("__dict__", "_text")
    _other_names: ClassVar[dict[str, str]] = {}  # the host's names and aliases, to the attributes

    def __getitem__(self, field: str) -> Any:
        try:
            return vars(self)[self._other_names.get(field, field)]
        except (KeyError, TypeError):
            raise KeyError(f"{field!r}; the fields are: {', '.join(vars(self))}") from None

    def keys(self) -> list[str]:
        return list(vars(self))

    def __hash__(self) -> int:
        return hash((type(self).__name__, *vars(self).values()))

    def __repr__(self) -> str:
        fields = [f"{name}={truncate(_short.repr(value), _LONGEST_FIELD)}" for name, value in vars(self).items()]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __str__(self) -> str:
        """Return the str() of the object in the host, if its class defines one; else the fields, one per line."""
        text = getattr(self, "_text", None)
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items()) if text is None else text


class Records(list[Any]):
    """A list of records, whose repr() has one per line."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Records(found) if isinstance(index, slice) else found

    def __repr__(self) -> str:
        return f"[{(',' + chr(10) + ' ').join(map(repr, self))}]"


def decode(data: Any) -> Any:
    """Return the value that the host encoded: scalars and lists as they are, all else as {kind: content}."""
    if type(data) is list:
        items = [item if type(item) is str else decode(item) for item in data]
        return Records(items) if items and isinstance(items[0], Record) else items
    if type(data) is dict:
        ((kind, content),) = data.items()
        return _KINDS[kind](content)
    return data


def _record(content: list[Any]) -> Record:
    name, names, values, aliases, text = content
    record = _record_type(name, tuple(names), tuple(aliases.items()))(*map(decode, values))
    if text is not None:
        record._text = text
    return record


@functools.cache
def _record_type(name: str, names: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> type[Record]:
    """Make a dataclass, so that `dataclasses.asdict` and `pandas.DataFrame(records)` work as they do in the host."""
    own: dict[str, str] = {}  # attributes to the names that the fields have in the host
    for field in names:
        attribute = _attribute(field)
        while attribute in own:
            attribute += "_"
        own[attribute] = field
    others = {field: attribute for attribute, field in own.items() if field != attribute} | dict(aliases)
    space = {"_other_names": others, "__hash__": Record.__hash__}
    return make_dataclass(_attribute(name), list(own), bases=(Record,), namespace=space, repr=False, eq=True)


def _attribute(name: str) -> str:
    """Return a valid Python name: "class" becomes "class_"."""
    name = "".join(char if char.isidentifier() or char.isdecimal() else "_" for char in name)
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if iskeyword(name) else name


def _set_of(kind: type) -> Callable[[list[Any]], Any]:
    def build(content: list[Any]) -> Any:
        items = decode(content)
        try:
            return kind(items)
        except TypeError:  # some items are not hashable here
            return items

    return build


def _dict(content: list[Any]) -> dict[Any, Any]:
    pairs = [(decode(key), decode(value)) for key, value in content]
    try:
        return dict(pairs)
    except TypeError:
        return {str(key): value for key, value in pairs}


def _named_tuple(content: list[Any]) -> Any:
    name, names, values = content
    return namedtuple(_attribute(name), [_attribute(field) for field in names], rename=True)(*map(decode, values))


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def _table(content: list[Any]) -> Any:
    import pandas

    names, columns, index = decode(content)
    table = pandas.DataFrame(dict(enumerate(columns)), index=_index(index))
    table.columns = _index(names) if names else table.columns
    return table


def _series(content: list[Any]) -> Any:
    import pandas

    name, values, index = decode(content)
    return pandas.Series(values, index=_index(index), name=name)


def _index(labels: list[Any] | None) -> Any:
    import pandas

    if labels and all(isinstance(label, tuple) for label in labels):
        return pandas.MultiIndex.from_tuples(labels)
    return labels


def _array(content: list[Any]) -> Any:
    import numpy

    kind, shape, data = content
    return numpy.frombuffer(decode(data), dtype=kind).reshape(shape).copy()


_KINDS: dict[str, Callable[[Any], Any]] = {
    "record": _record,
    "dict": _dict,
    "tuple": lambda items: tuple(map(decode, items)),
    "named": _named_tuple,
    "set": _set_of(set),
    "frozenset": _set_of(frozenset),
    "bytes": base64.b64decode,
    "int": lambda digits: int(digits, 16),
    "complex": lambda parts: complex(*parts),
    "timedelta": lambda parts: datetime.timedelta(*parts),
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "decimal": _decimal,
    "uuid": _uuid,
    "path": Path,
    "table": _table,
    "series": _series,
    "array": _array,
}
