"""A tool that comes as code, as data: what its code says of it."""

from dataclasses import dataclass
from typing import Any

from agent_core.tools.parameters import SchemaParameter


@dataclass(frozen=True)
class ToolCode:
    """A tool in the layout of the Hub, read without running it.

    Attributes:
        source: The whole code.
        class_name: The class in it that is the tool.
        name: The tool's name, as the code gives it.
        description: What it does.
        parameters: Those of its method `forward`.
        output: The type of the result; MISSING if it is not known.
        imports: Top names of the modules that the code imports anywhere, without smolagents.
    """

    source: str
    class_name: str
    name: str
    description: str
    parameters: tuple[SchemaParameter, ...]
    output: Any
    imports: tuple[str, ...]
