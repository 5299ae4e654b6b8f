"""The tools that the page ships with, and their names in the settings."""

import tools
from agent_core import python
from ui.texts import words
from ui.view.titles import in_words

TOOLS = (*tools.TOOLS, python)
_WITH_WORDS = ("web_search", "visit_webpage", "ask_user", "python")


def label_of(name: str) -> str:
    """Return the name of one of the page's tools in the settings."""
    return words(f"tools.{name}") if name in _WITH_WORDS else in_words(name).capitalize()
