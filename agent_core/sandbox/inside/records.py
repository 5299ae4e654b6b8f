"""What host tools return, rebuilt in the worker: plain data, and records with named fields."""

import functools
import reprlib
from dataclasses import make_dataclass
from typing import Any

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 200
_short.maxlist = _short.maxtuple = _short.maxdict = 10


class Record:
    """A result with named fields: `page.title` or `page["title"]`. `print(page)` shows it in full."""

    def __getitem__(self, field: str) -> Any:
        try:
            return vars(self)[field]
        except KeyError:
            raise KeyError(f"{field!r}; the fields are: {', '.join(vars(self))}") from None

    def keys(self) -> list[str]:
        return list(vars(self))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_short.repr(value)}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items())


def decode(data: Any) -> Any:
    """The value that the host encoded: scalars as they are, all else as an object that names its own kind."""
    match data:
        case {"list": items}:
            return [decode(item) for item in items]
        case {"tuple": items}:
            return tuple(map(decode, items))
        case {"dict": items}:
            return {decode(key): decode(value) for key, value in items}
        case {"record": name, "fields": fields}:
            return _record_type(name, tuple(fields))(*map(decode, fields.values()))
        case _:
            return data


@functools.cache
def _record_type(name: str, fields: tuple[str, ...]) -> type[Record]:
    """A dataclass, so that `dataclasses.asdict` and `pandas.DataFrame(records)` work as they do in the host."""
    return make_dataclass(name, fields, bases=(Record,), repr=False, eq=True)
