"""A chat as a record that can be kept and read again.

- events_json: events as JSON, and pieces of text that came one after the other as one
"""

from agent_core.record.events_json import RECORD_VERSION, event_from_json, event_to_json, merge_deltas

__all__ = ["RECORD_VERSION", "event_from_json", "event_to_json", "merge_deltas"]
