"""The tools that the page ships with, and what they are called in the settings."""

import tools
from agent_core import python
from ui.view.titles import in_words

TOOLS = (*tools.TOOLS, python)
_LABELS = {
    "web_search": "Search the web",
    "visit_webpage": "Read web pages",
    "ask_user": "Ask you back",
    "python": "Run Python (if it calls tools)",
}


def label_of(name: str) -> str:
    """What a tool of the page is called in the settings; one without a label is called by its name."""
    return _LABELS.get(name) or in_words(name).capitalize()
