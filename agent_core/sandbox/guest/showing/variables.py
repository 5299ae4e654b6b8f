"""Describes the agent's variables in a few words, and finds those that a step has created, changed or deleted.

No method of a class from the agent's code is ever called: of an object of an unknown type only the type is named.
"""

import sys
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from types import FunctionType, ModuleType
from typing import Any

from ..message_limits import LONGEST_DESCRIPTION, LONGEST_NAME, MOST_VARIABLES
from ..values.records import Record, Records
from .truncation import truncate

REST = "…"  # the name under which the number of variables beyond MOST_VARIABLES is told
_LONGEST_TEXT = 40  # characters of a str that is shown as it is
_LOOKED_AT = 50  # items of a container that are examined to say what it holds
_MOST_AGAIN = 200  # of the newest variables that are examined for changes in place
_HELD = (type(None), bool, int, float, complex)  # types that are immutable and small
_NOTHING = object()
_SEQUENCES = (list, tuple, set, frozenset, deque)
_NUMPY_SCALARS = ("float64", "float32", "int64", "int32", "bool_")
_PICTURES = (
    ("Image", "Image"),
    *((f"{kind}ImagePlugin", f"{kind}ImageFile") for kind in ("Png", "Jpeg", "Gif", "WebP", "Bmp", "Tiff")),
)
_name_of_type = type.__dict__["__name__"].__get__  # bypasses what a metaclass may have overridden
_dict_of_type = type.__dict__["__dict__"].__get__


class Variables:
    """Remembers the variables from one step to the next by identity and description, without references to them.

    Only plain numbers are referenced: if the object is the same, it has not changed. For other objects that stayed the
    same, changes in place are found in the newest _MOST_AGAIN names only, so that steps stay quick with thousands.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str, Any]] = {}

    def changes(self, namespace: Mapping[str, Any]) -> dict[str, str]:
        """Return what is new or different since the last call: names to descriptions, "" for deleted variables."""
        known, now, changed = self._known, {}, {}
        items = list(namespace.items())
        for number, (name, value) in enumerate(items, _MOST_AGAIN - len(items)):
            if not _is_reported(name, value):
                continue
            before = known.get(name)
            if before and (before[2] is value or (number < 0 and before[0] == id(value))):
                now[name] = before
                continue
            now[name] = (id(value), describe(value), value if is_one_of(value, _HELD) else _NOTHING)
            if before is None or before[:2] != now[name][:2]:
                changed[name] = now[name][1]
        changed |= {name: "" for name in known if name not in now}
        self._known = now
        return _first(changed)


def describe(value: Any) -> str:
    """Return a value's type and shape on one line, in at most LONGEST_DESCRIPTION characters."""
    try:
        text = " ".join(_describe(value).split())
    except Exception:  # a thread is changing it, or it is broken
        text = name_of_type(value)
    return truncate(text, LONGEST_DESCRIPTION - 1)


def name_of_type(value: Any) -> str:
    return _name_of_type(type(value))


def is_one_of(value: Any, kinds: Iterable[type]) -> bool:
    """Whether a value's type is one of these. `in` would call the metaclass of a class from the agent's code."""
    kind = type(value)
    return any(kind is other for other in kinds)


def known_types(module: str, *names: str) -> tuple[type, ...]:
    """Return these types of a library if it has been imported already; () if not."""
    loaded = sys.modules.get(module)
    return tuple(vars(loaded)[name] for name in names if name in vars(loaded)) if type(loaded) is ModuleType else ()


def names(keys: Iterable[Any], most: int) -> str:
    """Return keys or columns as in code, but texts without quotes; after `most` of them, "…"."""
    first = list(islice(keys, most + 1))
    return ", ".join(map(_key, first[:most])) + (" …" if len(first) > most else "")


def _first(changed: dict[str, str]) -> dict[str, str]:
    first = dict(islice(changed.items(), MOST_VARIABLES))
    return first if len(first) == len(changed) else {**first, REST: f"{len(changed) - len(first):,} more"}


def _is_reported(name: Any, value: Any) -> bool:
    if type(name) is not str or name.startswith("_") or len(name) > LONGEST_NAME or type(value) is ModuleType:
        return False
    return name.isidentifier() and not _is_imported(value)


def _is_imported(value: Any) -> bool:
    """Whether a value is a function or class of a library: its name says enough, and there are many."""
    kind = type(value)
    if kind is FunctionType:
        home = value.__module__
    elif kind is type:
        home = _dict_of_type(value).get("__module__")
    else:
        return False
    return type(home) is str and home != "__main__" and home.partition(".")[0] in sys.modules


def _describe(value: Any) -> str:
    kind = type(value)
    if type(kind) is not type:  # a metaclass may take part in comparisons
        return name_of_type(value)
    if value is None or kind in (bool, float, complex):
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() <= 64 else f"int of {value.bit_length():,} bits"
    if kind is str:
        return repr(value) if len(value) <= _LONGEST_TEXT else f"str of {len(value):,} characters"
    if kind in (bytes, bytearray):
        return f"{name_of_type(value)} of {len(value):,} bytes"
    if kind in _SEQUENCES:
        return _sequence(value, name_of_type(value))
    if kind is Records:
        return _sequence(value, "list")
    if kind is dict:
        return f"dict with keys {names(value, 8)} ({len(value):,})" if value else "empty dict"
    if kind is FunctionType:
        return _function(value)
    if issubclass(kind, type):
        return "class"
    if issubclass(kind, Record):
        return f"record {name_of_type(value)} with fields {names(object.__getattribute__(value, '__dict__'), 8)}"
    return _of_library(value, kind) or name_of_type(value)


def _sequence(value: Any, name: str) -> str:
    if not value:
        return f"empty {name}"
    kinds = {name_of_type(item) for item in islice(value, _LOOKED_AT)}
    return f"{name} of {len(value):,} {kinds.pop() if len(kinds) == 1 else 'items'}"


def _function(value: FunctionType) -> str:
    code = value.__code__
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return f"function {code.co_name}({', '.join(named)})"


def _of_library(value: Any, kind: type) -> str:
    if kind in known_types("pandas", "DataFrame"):
        rows, columns = value.shape
        return f"DataFrame {rows}×{columns} ({names(value.columns[:20], 19)})"
    if kind in known_types("polars", "DataFrame"):
        return f"DataFrame {value.height}×{value.width} ({names(value.columns[:20], 19)})"
    if kind in known_types("pandas", "Series"):
        return f"Series of {len(value):,} {value.dtype}"
    if kind in known_types("numpy", "ndarray"):
        return f"ndarray {'×'.join(map(str, value.shape))} {value.dtype}"
    if any(kind in known_types(f"PIL.{module}", name) for module, name in _PICTURES):
        return f"{value.mode} picture {value.width}×{value.height}"
    return repr(value.item()) if kind in known_types("numpy", *_NUMPY_SCALARS) else ""


def _key(key: Any) -> str:
    if type(key) is str:
        return truncate(key, _LONGEST_TEXT)
    if type(key) is tuple:
        return f"({', '.join(map(_key, key[:4]))})"
    return _describe(key) if is_one_of(key, (int, float, bool, bytes, type(None))) else name_of_type(key)
