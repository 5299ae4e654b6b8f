"""A chat as a record that can be kept and read again.

- events_json: events as JSON, and pieces of text that came one after the other as one
- memory_json: what the model is told, as JSON
"""

from agent_core.record.events_json import RECORD_VERSION, event_from_json, event_to_json, merge_deltas
from agent_core.record.memory_json import (
    memory_from_json,
    memory_to_json,
    step_from_json,
    step_to_json,
    turn_from_json,
    turn_to_json,
)

__all__ = [
    "RECORD_VERSION",
    "event_from_json",
    "event_to_json",
    "memory_from_json",
    "memory_to_json",
    "merge_deltas",
    "step_from_json",
    "step_to_json",
    "turn_from_json",
    "turn_to_json",
]
