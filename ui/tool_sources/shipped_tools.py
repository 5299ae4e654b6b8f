"""The tools that the page ships with, and their names in the settings."""

import tools
from agent_core import python
from ui.view.titles import in_words

TOOLS = (*tools.TOOLS, python)
_LABELS = {
    "web_search": "Search the web",
    "visit_webpage": "Read web pages",
    "ask_user": "Ask you questions",
    "python": "Run Python (if it calls tools)",
}


def label_of(name: str) -> str:
    """Return the name of one of the page's tools in the settings."""
    return _LABELS.get(name) or in_words(name).capitalize()
