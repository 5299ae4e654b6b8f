"""Events as JSON, one a line."""

import json
import sys
from collections.abc import Iterable, Iterator

from agent_core.errors import GlassboxError
from agent_core.events import Event
from agent_core.record.events_json import event_from_json, event_to_json


class JsonEvents:
    """Writes events to standard output, each as one line, which holds no control character."""

    def take(self, event: Event) -> None:
        """Write an event."""
        sys.stdout.write(json.dumps(event_to_json(event)).replace("\x7f", "\\u007f") + "\n")
        sys.stdout.flush()

    def pause(self) -> None:
        """Do nothing: a prompt stands elsewhere."""


def from_lines(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of such lines.

    Raises:
        GlassboxError: A line is not one of these, or a newer Glassbox wrote it.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise GlassboxError(f"Line {number} is no event. Give a file that --json wrote.")
        yield event_from_json(data)
