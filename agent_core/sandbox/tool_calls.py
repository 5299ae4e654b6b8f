"""Host tools on behalf of a worker: what it is told about them, the calls in flight, and what goes back."""

import asyncio
import inspect
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from agent_core.errors import ToolError
from agent_core.events import ToolFinished, ToolStarted
from agent_core.tool import Tool

from .inside import frames
from .messages import CallMessage

MOST_CALLS = 64  # at once
_SHOWN = 200  # characters of an argument in an event
_CANCEL_SECONDS = 0.2
_OVER = "The step ended before the result came."


@dataclass(frozen=True)
class _Call:
    """A call in flight. number: the worker's name for it. id: unique beyond the worker's life."""

    number: int
    id: str
    tool: str
    since: float


class ToolCalls:
    """The tool calls of one step."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._in_flight: dict[asyncio.Task[Any], _Call] = {}

    @property
    def tasks(self) -> Sequence[asyncio.Task[Any]]:
        return tuple(self._in_flight)

    def refuse(self, message: CallMessage) -> str | None:
        """Why this call cannot be made, as a sentence; None where it can."""
        if message.tool not in self._tools:
            return f"There is no tool {message.tool!r} any more."
        if len(self._in_flight) >= MOST_CALLS:
            return f"{MOST_CALLS} tool calls are going on already; wait for some of them."
        return None

    def start(self, message: CallMessage) -> ToolStarted:
        task = asyncio.create_task(self._tools[message.tool].call(message.arguments))
        task.add_done_callback(_retrieve)
        call = _Call(message.id, uuid4().hex, message.tool, time.monotonic())
        self._in_flight[task] = call
        arguments = {name: _shown(value) for name, value in message.arguments.items()}
        return ToolStarted(call.id, call.tool, arguments)

    def take_finished(self) -> list[tuple[bytes, ToolFinished]]:
        """The calls that ended since the last time: the frame for the worker, and the event."""
        ended = [task for task in self._in_flight if task.done()]
        return [_finish(self._in_flight.pop(task), *_outcome(task)) for task in ended]

    async def cancel(self) -> list[tuple[bytes, ToolFinished]]:
        """Cancel what is in flight. A tool that does not heed it is left behind, its result dropped."""
        for task in self._in_flight:
            task.cancel()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=_CANCEL_SECONDS)
        calls, self._in_flight = self._in_flight.values(), {}
        return [_finish(call, None, _OVER) for call in calls]


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


def reply(number: int, *, value: Any = None, error: str | None = None) -> bytes:
    """The frame that answers a worker's request. Raises frames.FrameError where it is too long."""
    return frames.encode({"id": number, "value": value} if error is None else {"id": number, "error": error})


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


def _outcome(task: asyncio.Task[Any]) -> tuple[Any, str | None]:
    """What a finished call gave: a value as data, or the sentence of its error."""
    if task.cancelled():
        return None, "The tool was cancelled."
    try:
        return encode(task.result()), None
    except ToolError as error:
        return None, str(error)
    except Exception as error:
        return None, f"The tool's result cannot be passed on: {type(error).__name__}: {error}"


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Asyncio logs an error that nobody looked at, and nobody does so when the step was over first."""
    if not task.cancelled():
        task.exception()


def _finish(call: _Call, value: Any, error: str | None) -> tuple[bytes, ToolFinished]:
    try:
        frame = reply(call.number, value=value, error=error)
    except (frames.FrameError, TypeError, ValueError) as problem:
        error = f"The result of {call.tool} cannot be passed on: {problem}"
        frame = reply(call.number, error=error)
    return frame, ToolFinished(call.id, call.tool, time.monotonic() - call.since, error)


def _annotation(annotation: Any) -> str | None:
    if annotation is inspect.Signature.empty:
        return None
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
