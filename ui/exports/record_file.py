"""A chat as a JSON file, and back: what comes in is checked, because anybody can write such a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.events import AnswerRefused, Displayed, Event, FinalAnswer, StepFinished
from agent_core.execution import IMAGE_ENDINGS, Display
from agent_core.json_depth import is_deeper
from agent_core.record import RECORD_VERSION, event_from_json, event_to_json, merge_deltas
from ui.exports.pictures import is_picture
from ui.texts import words
from ui.view.transcript import Transcript

LARGEST_RECORD = 100 * 2**20  # bytes
_MOST_EVENTS = 100_000
_DEEPEST = 100  # lists and dicts in each other
_LONGEST_TITLE = 1_000  # characters


@dataclass(frozen=True)
class ChatRecord:
    """A chat that was read from a file.

    Attributes:
        title: Its title.
        events: What was shown. They make a transcript.
        memory: What the model is told of it, as it was written; None if the file has none.
    """

    title: str
    events: list[Event]
    memory: dict[str, Any] | None


def record_file(title: str, events: Sequence[Event], memory: dict[str, Any] | None) -> bytes:
    """Return a chat as a file that `read_export` reads. Its pictures are in it."""
    record = {
        "glassbox_chat": RECORD_VERSION,
        "title": title,
        "events": [event_to_json(event) for event in merge_deltas(events)],
        "memory": memory,
    }
    return json.dumps(record, indent=1).encode()


def read_export(content: bytes) -> ChatRecord:
    """Return the chat of a file that `export` wrote as "json".

    Raises:
        GlassboxError: If it is another file, is too large, is damaged, or was written by a newer Glassbox.
    """
    if len(content) > LARGEST_RECORD:
        raise GlassboxError(words("exports.too_large", most=LARGEST_RECORD // 2**20))
    record = _parse(content)
    if record["glassbox_chat"] > RECORD_VERSION:
        raise GlassboxError(words("exports.newer"))
    title, events, memory = record.get("title"), record.get("events"), record.get("memory")
    if not (isinstance(title, str) and isinstance(events, list) and isinstance(memory, dict | None)):
        raise GlassboxError(words("exports.damaged"))
    if len(events) > _MOST_EVENTS:
        raise GlassboxError(words("exports.too_many_events", most=_MOST_EVENTS))
    return ChatRecord(title[:_LONGEST_TITLE], _checked_events(events), memory)


def _parse(content: bytes) -> dict[str, Any]:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        raise GlassboxError(words("exports.no_record")) from None
    is_one = isinstance(record, dict) and isinstance(record.get("glassbox_chat"), int)
    if not is_one or is_deeper(record, _DEEPEST):
        raise GlassboxError(words("exports.no_record"))
    return record


def _checked_events(data: list[Any]) -> list[Event]:
    """Return events that make a transcript. Raises GlassboxError."""
    if not all(isinstance(item, dict) for item in data):
        raise GlassboxError(words("exports.damaged"))
    events = [event_from_json(item) for item in data]
    try:
        Transcript(events)
    except (IndexError, AssertionError):  # such as a step before the first question
        raise GlassboxError(words("exports.damaged")) from None
    if not all(_can_be_shown(display) for event in events for display in _displays_in(event)):
        raise GlassboxError(words("exports.damaged"))
    return events


def _can_be_shown(display: Display) -> bool:
    """Return whether a display has its text, and pictures that are some."""
    pictures = IMAGE_ENDINGS & display.data.keys()  # a drawing is shown only as one, and anything else not at all
    return "text/plain" in display.data and all(is_picture(mime, display.data[mime]) for mime in pictures)


def _displays_in(event: Event) -> list[Display]:
    match event:
        case Displayed(display):
            return [display]
        case FinalAnswer(answer) | AnswerRefused(answer):
            return [answer]
        case StepFinished(execution=execution) if execution:
            return [*execution.displays, *([execution.answer] if execution.answer else [])]
        case _:
            return []
