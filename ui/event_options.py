"""How Gradio treats the page's events."""

from typing import Any

# No component shows an event's progress, so none is told of it: that costs the browser time for each that the event can
# change, again and again.
QUIET: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}
# Each visitor's run is its own; none waits for another.
ENDLESS: dict[str, Any] = {**QUIET, "concurrency_limit": None}
# Without this, what is typed while the last event is answered would be lost.
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
