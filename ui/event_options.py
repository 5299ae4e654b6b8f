"""How Gradio treats the page's events."""

from typing import Any

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# Each visitor's run is its own; none waits for another.
ENDLESS: dict[str, Any] = {**QUIET, "concurrency_limit": None}
# Without this, what is typed while the last event is answered would be lost.
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
