"""What is known of one parameter of a tool."""

import inspect
from dataclasses import dataclass
from typing import Any

from agent_core.tools.type_text import type_text, value_text

MISSING = inspect.Parameter.empty
"""Stands for a default that a parameter does not have, and for a type that is not known."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        name: Its name in JSON.
        python: Its name in Python, which may differ: "from" cannot be one there.
        kind: How it can be given, as in `inspect.Parameter`.
        type: Its type hint.
        default: Its default; MISSING if it must be given.
        description: What the docstring or the type hint says of it; may be empty.
    """

    name: str
    python: str
    kind: inspect._ParameterKind
    type: Any
    default: Any
    description: str

    @property
    def text(self) -> str:
        """The parameter as it stands in a signature."""
        text = f"{self.python}: {type_text(self.type)}"
        return text if self.default is MISSING else f"{text} = {value_text(self.default)}"


@dataclass(frozen=True)
class SchemaParameter:
    """A parameter of a SchemaTool.

    Attributes:
        name: Its own name, which need not be one that Python takes.
        type: Its type, as in a type hint.
        description: What its owner says of it; may be empty.
        default: What its owner takes if it is left out; MISSING if the owner does not say.
        required: Whether it must be given.
    """

    name: str
    type: Any
    description: str = ""
    default: Any = MISSING
    required: bool = True
