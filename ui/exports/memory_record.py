"""What the model is told of a chat, as a part of its record, and back: what comes in is checked."""

import re
from collections.abc import Sequence
from typing import Any

from agent_core import GlassboxError, Turn
from agent_core.record import step_from_json, step_to_json, turn_from_json, turn_to_json
from ui.exports.pictures import is_picture

_DATA_URL = re.compile(r"data:(image/\w+);base64,(.*)", re.DOTALL)


def memory_record(turns: Sequence[Turn]) -> dict[str, Any]:
    """Return the turns of a chat's memory as JSON holds them."""
    return {"turns": [{**turn_to_json(turn), "steps": [step_to_json(step) for step in turn.steps]} for turn in turns]}


def read_memory(record: dict[str, Any] | None) -> list[Turn]:
    """Return the turns that `memory_record` wrote; none if the record has no memory.

    Raises:
        GlassboxError: It is damaged, or has pictures that models could only see by fetching them.
    """
    turns = (record or {}).get("turns", [])
    if not (isinstance(turns, list) and all(isinstance(turn, dict) for turn in turns)):
        raise GlassboxError("A part of this chat's record is damaged: its memory has no turns.")
    return [_read_turn(turn) for turn in turns]


def _read_turn(data: dict[str, Any]) -> Turn:
    steps = data.get("steps")
    if not isinstance(steps, list):
        raise GlassboxError("A part of this chat's record is damaged, at steps: they are no list.")
    turn = turn_from_json({**data, "steps": []}, [step_from_json(step) for step in steps])
    for url in [*turn.images, *(image for step in turn.steps for image in step.images)]:
        match = _DATA_URL.fullmatch(url)
        if not (match and is_picture(match[1], match[2])):
            raise GlassboxError("A part of this chat's record is damaged: it has a picture that is none.")
    return turn
