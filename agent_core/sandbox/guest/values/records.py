"""What dataclasses, models and named tuples of the other side become: records, whose classes are made from names."""

import functools
import reprlib
from collections import namedtuple
from dataclasses import make_dataclass
from keyword import iskeyword
from typing import Any, ClassVar

from ..showing.truncation import truncate

_LONGEST_FIELD = 400  # characters of a field in a repr
_LONGEST_NAME = 100
_MOST_FIELDS = 1_000  # of a class
_MOST_CLASSES = 1_024  # that are kept: no fewer than one value may have
_TAKEN = ("_text", "_other_names", "keys")  # which records have themselves
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _LONGEST_FIELD
_short.maxlist = _short.maxtuple = _short.maxdict = 10


class Record:
    """A result with named fields: `page.title` or `page["title"]`. `print(page)` shows it in full."""

    __slots__ = ("__dict__", "_text")
    _other_names: ClassVar[dict[str, str]] = {}  # the other side's names and aliases, to the attributes

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
        """Return the str() of the object where it was made, if its class defines one; else the fields, one per line."""
        text = getattr(self, "_text", None)
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items()) if text is None else text


class Records(list[Any]):
    """A list of records, whose repr() has one per line."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Records(found) if isinstance(index, slice) else found

    def __repr__(self) -> str:
        return f"[{(',' + chr(10) + ' ').join(map(repr, self))}]"


def make_record(name: str, names: list[str], values: list[Any], aliases: dict[str, str], text: str | None) -> Record:
    """Return a record. Raises ValueError or TypeError if that cannot be one.

    Args:
        name: The name of its class.
        names: The names of its fields where it was made.
        values: The fields.
        aliases: Other names of fields.
        text: Its str(); None if its class defines none.
    """
    record = _record_type(name, tuple(names), tuple(aliases.items()))(*values)
    if text is not None:
        record._text = str(text)
    return record


def make_named_tuple(name: str, names: list[str], values: list[Any]) -> Any:
    """Return a named tuple; see `make_record`."""
    return _named_type(name, tuple(names))(*values)


@functools.lru_cache(_MOST_CLASSES)
def _named_type(name: str, names: tuple[str, ...]) -> type[tuple[Any, ...]]:
    _check(names)
    return namedtuple(_attribute(name), [_attribute(field) for field in names], rename=True)


@functools.lru_cache(_MOST_CLASSES)
def _record_type(name: str, names: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> type[Record]:
    """Make a dataclass, so that `dataclasses.asdict` and `pandas.DataFrame(records)` work as they do in the host."""
    _check(names)
    own: dict[str, str] = {}  # attributes to the names that the fields have on the other side
    for field in names:
        attribute = _attribute(field)
        while attribute in own:
            attribute += "_"
        own[attribute] = field
    others = {field: attribute for attribute, field in own.items() if field != attribute} | dict(aliases)
    space = {"_other_names": others, "__hash__": Record.__hash__}
    return make_dataclass(_attribute(name), list(own), bases=(Record,), namespace=space, repr=False, eq=True)


def _check(names: tuple[str, ...]) -> None:
    if len(names) > _MOST_FIELDS or any(len(name) > _LONGEST_NAME for name in names):
        raise ValueError("a record has too many fields, or too long names")


def _attribute(name: str) -> str:
    """Return a valid Python name: "class" becomes "class_". None is one that Python itself gives a meaning."""
    name = "".join(char if char.isidentifier() or char.isdecimal() else "_" for char in name[:_LONGEST_NAME])
    if name.startswith("__"):
        name = f"n{name}"
    elif not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if iskeyword(name) or name in _TAKEN else name
