"""The parameters of tools."""

import inspect
from dataclasses import dataclass, field
from typing import Any

from agent_core.tools.type_text import type_text, value_text

MISSING = inspect.Parameter.empty
"""Stands for a missing default, and for an unknown type."""


class _MadeAnew:
    def __repr__(self) -> str:
        return "<made anew for each call>"


MADE_ANEW = _MadeAnew()
"""Stands for a default that a function makes for each call, as in `Field(default_factory=list)`."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        name: Its name in JSON.
        python: Its name in Python, which may differ: "from" is not allowed there.
        kind: How it can be passed, as in `inspect.Parameter`.
        type: Its type hint.
        default: Its default; MISSING if it is required, MADE_ANEW if a function in the type makes it.
        description: What the docstring or the type hint says of it; "" for nothing.
    """

    name: str
    python: str
    kind: inspect._ParameterKind
    type: Any
    default: Any
    description: str

    @property
    def text(self) -> str:
        """The parameter as in a signature."""
        text = f"{self.python}: {type_text(self.type)}"
        return text if self.default is MISSING else f"{text} = {value_text(self.default)}"


@dataclass(frozen=True)
class SchemaParameter:
    """A parameter of a SchemaTool.

    Attributes:
        name: Its own name, which need not be a Python name.
        type: Its type, as in a type hint.
        description: Its owner's description; "" for none.
        default: The default that its owner uses; MISSING if unknown.
        required: Whether it is required.
    """

    name: str
    type: Any
    description: str = ""
    default: Any = field(default_factory=lambda: MISSING)  # as a plain default, `inspect` would take it for none
    required: bool = True
