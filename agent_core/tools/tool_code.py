"""A tool that comes as code: its source, and what the source declares."""

from dataclasses import dataclass
from typing import Any

from agent_core.tools.parameters import SchemaParameter


@dataclass(frozen=True)
class ToolCode:
    """A tool in the Hub's layout, read without running it.

    Attributes:
        source: The whole source code.
        class_name: The name of the tool's class in it.
        name: The tool's name, as the code declares it.
        description: What the tool does.
        parameters: The parameters of its method `forward`.
        output: The type of the result; MISSING if unknown.
        imports: The top-level packages that the code imports anywhere, without smolagents.
    """

    source: str
    class_name: str
    name: str
    description: str
    parameters: tuple[SchemaParameter, ...]
    output: Any
    imports: tuple[str, ...]
