"""Names of tools and parameters: which ones are allowed, and how to make one from any text."""

import builtins
import re
from collections.abc import Iterable
from keyword import iskeyword

from agent_core.errors import ToolError
from agent_core.parsing import CODE_TOOL, FINAL_ANSWER

_LONGEST_NAME = 64  # characters that all providers accept
_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{_LONGEST_NAME - 1}}}")  # accepted by all providers
_AGENT_NAMES = (FINAL_ANSWER, "display", "ToolError")  # have another meaning in the agent's code

RESERVED_NAMES = frozenset({*_AGENT_NAMES, CODE_TOOL, *dir(builtins)})
"""Names with another meaning for the agent. A stranger's tool named `print` would get everything that is printed."""


def check_name(name: str) -> None:
    """Raise ToolError if a tool cannot have this name."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or iskeyword(name):
        raise ToolError(f"A tool cannot be named {name!r}. Use a Python name of ASCII letters, digits and underscores.")
    if name in _AGENT_NAMES and name != FINAL_ANSWER:  # a tool of this name takes its place
        raise ToolError(f"A tool cannot be named {name!r}: the name has another meaning in the agent's code.")


def python_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a name that Python and all providers accept, as close to the text as possible and not in `taken`."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "it"
    name = (name if name[0].isalpha() else f"n_{name}")[:_LONGEST_NAME]
    if iskeyword(name):
        name = f"{name}_"
    taken, number, free = set(taken), 2, name
    while free in taken:
        free = f"{name[: _LONGEST_NAME - 4]}_{number}"
        number += 1
    return free


def snake_case(class_name: str) -> str:
    """Return the name of a class as that of a function."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()


def python_names(texts: Iterable[str]) -> list[str]:
    """Return a Python name for each text, all different. Texts that are Python names already stay as they are."""
    names: list[str] = []
    for text in texts:
        names.append(text if _is_python_name(text) and text not in names else python_name(text, names))
    return names


def tool_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a name for a tool, as `python_name` does, but not one of RESERVED_NAMES."""
    return python_name(text, {*RESERVED_NAMES, *taken})


def _is_python_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not iskeyword(text)
