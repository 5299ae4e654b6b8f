"""Names for tools and parameters: which are allowed, and names made of what strangers call theirs."""

import builtins
import re
from collections.abc import Iterable
from keyword import iskeyword

from agent_core.errors import ToolError
from agent_core.parsing import CODE_TOOL

_LONGEST_NAME = 64  # characters; all providers take as many
_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{_LONGEST_NAME - 1}}}")  # what all providers take
_AGENT_NAMES = ("final_answer", "display", "ToolError")  # the agent's code needs these for something else

RESERVED_NAMES = frozenset({*_AGENT_NAMES, CODE_TOOL, *dir(builtins)})
"""Names that the agent knows for something else: called `print`, a stranger's tool would get all that is printed."""


def check_name(name: str) -> None:
    """Raise ToolError if a tool cannot have this name."""
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise ToolError(f"A tool cannot be named {name!r}: give it a Python name of ASCII letters, digits and _.")
    if name in _AGENT_NAMES:
        raise ToolError(f"A tool cannot be named {name!r}: in the agent's code that is something else.")


def python_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a name that Python and all providers take, as much like the text as possible and not one of `taken`."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "it"
    name = (name if name[0].isalpha() else f"n_{name}")[:_LONGEST_NAME]
    if iskeyword(name):
        name = f"{name}_"
    taken, number, free = set(taken), 2, name
    while free in taken:
        free = f"{name[: _LONGEST_NAME - 4]}_{number}"
        number += 1
    return free


def python_names(texts: Iterable[str]) -> list[str]:
    """Return a Python name for each text, all different. Texts that are Python names already stay as they are."""
    names: list[str] = []
    for text in texts:
        names.append(text if _is_python_name(text) and text not in names else python_name(text, names))
    return names


def tool_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a name for a tool, as `python_name` does, but none of RESERVED_NAMES."""
    return python_name(text, {*RESERVED_NAMES, *taken})


def _is_python_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not iskeyword(text)
