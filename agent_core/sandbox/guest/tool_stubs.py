"""Host tools as the agent's code sees them: functions of the same signature, whose work is done in the host."""

import datetime
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import PurePath
from typing import Any

from .channel import Channel
from .frames import without_bytes
from .records import decode


class ToolError(Exception):
    """A tool could not do what it was asked."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name


class _Shown:
    """A default or an annotation that exists only in the host: here it is only shown."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def make_stub(description: Mapping[str, Any], link: Channel) -> Callable[..., Any]:
    """A function that sends its arguments to the host's tool and returns, or raises, what comes back."""
    name = description["name"]

    def call(arguments: Mapping[str, Any]) -> Any:
        answer = link.request({"type": "call", "tool": name, "arguments": arguments}, default=_plain)
        if "error" in answer:
            raise ToolError(answer["error"])
        return decode(answer["value"])

    return as_function(description, call)


def as_function(description: Mapping[str, Any], call: Callable[[Mapping[str, Any]], Any]) -> Callable[..., Any]:
    """A function with the signature and the docstring that are described, which hands its arguments on to `call`."""
    name = description["name"]
    signature = _signature(description)

    def stub(*args: Any, **kwargs: Any) -> Any:
        try:
            arguments = signature.bind(*args, **kwargs).arguments
        except TypeError:
            raise TypeError(_mismatch(name, signature, args, kwargs)) from None
        return call(arguments)

    stub.__name__ = stub.__qualname__ = name
    stub.__doc__ = description["doc"]
    stub.__module__ = "tools"
    stub.__dict__["__signature__"] = signature
    return stub


def _mismatch(name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """In the words in which the host tells of wrong arguments."""
    parameters = signature.parameters
    places = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given = {*places[: len(args)], *kwargs}
    told = [
        f"{parameter.name} is missing"
        for parameter in parameters.values()
        if parameter.default is parameter.empty and parameter.name not in given
    ]
    told += [_unknown(key, parameters) for key in kwargs if key not in parameters]
    told += [f"{key} is given twice" for key in places[: len(args)] if key in kwargs]
    if len(args) > len(places):
        told.append(f"{len(args)} arguments were given without a name, and {len(places)} are the most")
    told = told or ["one of them can only be given without its name"]
    shown = signature.replace(return_annotation=signature.empty)
    return f"{name}{shown} was called with wrong arguments: {'; '.join(told)}."


def _unknown(name: str, parameters: Iterable[str]) -> str:
    alike = get_close_matches(name, parameters, 1)
    return f"there is no parameter {name!r}" + (f" (did you mean {alike[0]}?)" if alike else "")


def _signature(description: Mapping[str, Any]) -> inspect.Signature:
    parameters = [
        inspect.Parameter(
            parameter["name"],
            getattr(inspect.Parameter, parameter["kind"]),
            default=_shown(parameter["default"]),
            annotation=_shown(parameter["annotation"]),
        )
        for parameter in description["parameters"]
    ]
    return inspect.Signature(parameters, return_annotation=_shown(description["returns"]))


def _shown(text: str | None) -> Any:
    return inspect.Parameter.empty if text is None else _Shown(text)


def _plain(value: Any) -> Any:
    """An argument that JSON does not have, as plain data."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return without_bytes(bytes(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath) or type(value).__name__ in ("Decimal", "UUID"):
        return str(value)
    if callable(as_list := getattr(value, "tolist", None)):  # numpy's scalars and arrays, pandas' columns
        return as_list()
    raise TypeError(
        f"A value of type {type(value).__name__} cannot be given to a tool; give text, numbers, lists or dicts."
    )
