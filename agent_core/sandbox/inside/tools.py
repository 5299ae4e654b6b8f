"""Host tools as the agent's code sees them: functions of the same signature, whose work is done in the host."""

import datetime
import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import PurePath
from typing import Any

from .link import Link
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


def make_stub(description: Mapping[str, Any], link: Link) -> Callable[..., Any]:
    """A function that sends its arguments to the host's tool and returns, or raises, what comes back."""
    name = description["name"]
    signature = _signature(description)

    def stub(*args: Any, **kwargs: Any) -> Any:
        try:
            arguments = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}{signature}: {error}") from None
        answer = link.request({"type": "call", "tool": name, "arguments": arguments}, default=_plain)
        if "error" in answer:
            raise ToolError(answer["error"])
        return decode(answer["value"])

    stub.__name__ = stub.__qualname__ = name
    stub.__doc__ = description["doc"]
    stub.__module__ = "tools"
    stub.__dict__["__signature__"] = signature
    return stub


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
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if callable(as_list := getattr(value, "tolist", None)):  # numpy's scalars and arrays, pandas' columns
        return as_list()
    raise TypeError(
        f"A value of type {type(value).__name__} cannot be given to a tool; give text, numbers, lists or dicts."
    )
