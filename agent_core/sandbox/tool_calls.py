"""Host tools on behalf of a worker: what it is told about them, a call, and what goes back."""

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from agent_core.calling import Allow, Call
from agent_core.errors import ToolError
from agent_core.events import ToolEvent, ToolFinished, ToolStarted
from agent_core.tool import Tool

from .inside import frames
from .messages import CallMessage

_SHOWN = 200  # characters of an argument in an event


async def call_tool(
    tools: Mapping[str, Tool], message: CallMessage, emit: Callable[[ToolEvent], None], allow: Allow
) -> bytes:
    """Call a tool. Returns the frame with its result, or with the sentence of its error."""
    if message.tool not in tools:
        return reply(message.id, error=f"There is no tool {message.tool!r} any more.")
    call, since = Call(message.tool, emit, allow), time.monotonic()
    emit(ToolStarted(call.id, message.tool, {name: _shown(value) for name, value in message.arguments.items()}))
    with call.entered():
        frame, error = _framed(message, *await _outcome(tools[message.tool], message.arguments))
    emit(ToolFinished(call.id, message.tool, time.monotonic() - since, error))
    return frame


def describe(tool: Tool) -> dict[str, Any]:
    """What a worker needs to show the tool as a function."""
    signature = tool.signature
    return {
        "name": tool.name,
        "doc": tool.description,
        "returns": _annotation(signature.return_annotation),
        "parameters": [
            {
                "name": parameter.name,
                "kind": parameter.kind.name,
                "default": None if parameter.default is parameter.empty else repr(parameter.default),
                "annotation": _annotation(parameter.annotation),
            }
            for parameter in signature.parameters.values()
        ],
    }


def reply(number: int, *, value: Any = None, error: str | None = None, with_descriptor: bool = False) -> bytes:
    """The frame that answers a worker's request. Raises frames.FrameError where it is too long."""
    if error is not None:
        return frames.encode({"id": number, "error": error})
    return frames.encode({"id": number, "value": value, **({"with_descriptor": True} if with_descriptor else {})})


def encode(value: Any) -> Any:
    """A tool's result as data: scalars as they are, all else as an object that names its own kind."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, (list, set, frozenset)):
        return {"list": [encode(item) for item in value]}
    names = _field_names(value)
    if names is None:
        return str(value)
    return {"record": type(value).__name__, "fields": {name: encode(getattr(value, name)) for name in names}}


def _field_names(value: Any) -> list[str] | None:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    if is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in fields(value)]
    return None


async def _outcome(tool: Tool, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    """What a call gave: a value as data, or the sentence of its error."""
    try:
        return encode(await tool.call(arguments)), None
    except ToolError as error:
        return None, str(error)
    except Exception as error:
        return None, f"The tool's result cannot be passed on: {type(error).__name__}: {error}"


def _framed(message: CallMessage, value: Any, error: str | None) -> tuple[bytes, str | None]:
    try:
        return reply(message.id, value=value, error=error), error
    except (frames.FrameError, TypeError, ValueError) as problem:
        error = f"The result of {message.tool} cannot be passed on: {problem}"
        return reply(message.id, error=error), error


def _annotation(annotation: Any) -> str | None:
    if annotation is inspect.Signature.empty:
        return None
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
