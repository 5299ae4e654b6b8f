"""Events as JSON that comes back as the same events, and the many pieces of a stream as one event."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from agent_core.errors import GlassboxError
from agent_core.events import (
    AnswerRefused,
    CodeDelta,
    Event,
    FinalAnswer,
    OutputDelta,
    PlanDelta,
    ReasoningDelta,
    StepFinished,
    ThoughtDelta,
)
from agent_core.execution import VALUE, Display

RECORD_VERSION = 1
"""The version of what `event_to_json` writes. It grows when an older Glassbox could not read it any more."""

_TEXT_DELTAS = (PlanDelta, ReasoningDelta, ThoughtDelta, CodeDelta)
_LONGEST_VALUE = 2**20  # of an answer, encoded; a longer one ends with the program
_NOT_KEPT = '{"nothing": "was too large to be kept with the chat"}'
NEWER = "This chat was written by a newer Glassbox, and this one cannot read it. Update Glassbox to open it."
_FROM_NEWER = {"unexpected_keyword_argument", "literal_error"}  # a field, or a value, that is not known here


def _tag(kind: type[Event]) -> str:
    """Return the tag of a class of events, such as "run_started" of RunStarted."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_KINDS: dict[str, type[Event]] = {_tag(kind): kind for kind in get_args(Event)}


@cache
def _fields_of(kind: type[Event]) -> TypeAdapter[list[Any]]:
    """Return what writes and reads one event. It stands in a list: only so pydantic takes a setting for a dataclass."""
    return TypeAdapter(list[kind], config=ConfigDict(extra="forbid", allow_inf_nan=False))


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON holds it, with its class as "type", such as {"type": "run_started", "question": …}.

    Of an answer's value, no more than 1 MB is kept.
    """
    event = _with_small_value(event)
    (fields,) = _fields_of(type(event)).dump_python([event], mode="json")
    return {"type": _tag(type(event)), **fields}


def _with_small_value(event: Event) -> Event:
    match event:
        case FinalAnswer() | AnswerRefused():
            return replace(event, answer=_small(event.answer)) if _is_large(event.answer) else event
        case StepFinished(execution=execution) if execution and execution.answer and _is_large(execution.answer):
            return replace(event, execution=replace(execution, answer=_small(execution.answer)))
    return event


def _is_large(answer: Display) -> bool:
    return len(answer.data.get(VALUE, "")) > _LONGEST_VALUE


def _small(answer: Display) -> Display:
    return Display({**answer.data, VALUE: _NOT_KEPT})


def event_from_json(data: Mapping[str, Any]) -> Event:
    """Return the event that `event_to_json` wrote.

    Args:
        data: The event as JSON. Fields that have a default may be missing, as in records of an older Glassbox.

    Raises:
        GlassboxError: If a newer Glassbox wrote it, or it is damaged.
    """
    fields = dict(data)
    kind = _KINDS.get(str(fields.pop("type", "")))
    if kind is None:
        raise GlassboxError(NEWER if "type" in data else "A part of this chat's record is damaged: it has no type.")
    try:
        (event,) = _fields_of(kind).validate_python([fields])
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        if problem["type"] in _FROM_NEWER:
            raise GlassboxError(NEWER) from None
        place = ".".join(str(part) for part in (data["type"], *problem["loc"][1:]))
        raise GlassboxError(f"A part of this chat's record is damaged, at {place}: {problem['msg']}.") from None
    return event


def merge_deltas(events: Iterable[Event]) -> list[Event]:
    """Return the events with neighbouring pieces of one text as one event. They show the same."""
    merged: list[Event] = []
    for kind, neighbours in groupby(events, type):
        if issubclass(kind, _TEXT_DELTAS):
            merged.append(kind("".join(delta.text for delta in neighbours if isinstance(delta, kind))))
        elif issubclass(kind, OutputDelta):
            merged.append(_merge_output(delta for delta in neighbours if isinstance(delta, OutputDelta)))
        else:
            merged += neighbours
    return merged


def _merge_output(deltas: Iterable[OutputDelta]) -> OutputDelta:
    """Return one piece of output for several. What they erase beyond their own text was there before them."""
    text, erased = "", 0
    for delta in deltas:
        erased += max(0, delta.erased - len(text))
        text = text[: max(0, len(text) - delta.erased)] + delta.text
    return OutputDelta(text, erased)
