"""The prompts, as files that a person can read and edit. A {{name}} in them is replaced by a value."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent

NEXT_QUESTION = "The user's next message:\n"
"""Marks a question after a message that was not an answer, so that a model does not take it for an observation."""


def read_prompt(name: str) -> str:
    """Return the text of a prompt file, with its placeholders."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").rstrip("\n")


def fill(prompt: str, **values: str) -> str:
    """Replace the prompt's {{placeholders}} by values. Other braces stay as they are."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values.get(match[1], match[0]), prompt).strip()
