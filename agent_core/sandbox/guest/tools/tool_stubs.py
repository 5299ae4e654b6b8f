"""Host tools as functions for the agent's code: they have the tools' signatures, and the host does the work."""

import datetime
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import PurePath
from typing import Any

from ..channel import Channel
from ..showing.variables import describe
from ..values import pictures, tables
from ..values.decoding import VALUE, decode
from ..values.encoding import NotEncodable, encode
from ..values.forms import Form
from ..wire_format import SHOWN_LIMIT


class ToolError(Exception):
    """A tool call failed."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name


class _TextOnly:
    """The text of a default or an annotation, whose object exists only in the host."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def make_stub(description: Mapping[str, Any], channel: Channel) -> Callable[..., Any]:
    """Return a function that calls the host's tool and returns its result, or raises its error.

    Args:
        description: The tool, as host/tool_calls.py describes it.
        channel: The connection to the host.
    """
    name = description["name"]

    def call(arguments: Mapping[str, Any]) -> Any:
        try:
            answer = channel.request({"type": "call", "tool": name, "arguments": arguments}, default=_plain)
        except NotEncodable as error:
            raise ToolError(f"An argument of {name} {error}.") from None
        if "error" in answer:
            raise ToolError(answer["error"])
        return decode(answer["value"])

    return as_function(description, call)


def as_function(description: Mapping[str, Any], call: Callable[[Mapping[str, Any]], Any]) -> Callable[..., Any]:
    """Return a function with a tool's signature and docstring that passes its arguments, by name, to `call`."""
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
    """Describe wrong arguments in the same words as the host."""
    parameters = signature.parameters
    positional = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given = {*positional[: len(args)], *kwargs}
    problems = [
        f"{parameter.name} is missing"
        for parameter in parameters.values()
        if parameter.default is parameter.empty and parameter.name not in given
    ]
    problems += [_unknown(key, parameters) for key in kwargs if key not in parameters]
    problems += [f"{key} is given twice" for key in positional[: len(args)] if key in kwargs]
    if len(args) > len(positional):
        problems.append(f"{len(args)} arguments were given without a name, and {len(positional)} are the most")
    problems = problems or ["one of them can only be given without its name"]
    shown = signature.replace(return_annotation=signature.empty)
    return f"{name}{shown} was called with wrong arguments: {'; '.join(problems)}."


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
    return inspect.Parameter.empty if text is None else _TextOnly(text)


def _plain(value: Any) -> Any:
    """Return an argument that JSON cannot hold as plain data, or as a value that the host reads by itself."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _as_value(bytes(value), describe(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath) or type(value).__name__ in ("Decimal", "UUID"):
        return str(value)
    if (form := pictures.form_of(value) or tables.form_of(value)) is not None:
        return _as_value(form, describe(value)) if isinstance(form, Form) else form
    if callable(as_list := getattr(value, "tolist", None)):
        return as_list()
    raise TypeError(
        f"A value of type {type(value).__name__} cannot be given to a tool; give text, numbers, lists, dicts, "
        "tables, arrays or pictures."
    )


def _as_value(value: Any, look: str) -> dict[str, str]:
    return {VALUE: encode(value, SHOWN_LIMIT), "look": look}
