"""A tool that was written for another library."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent_core.tools.parameters import MISSING, SchemaParameter
from agent_core.tools.schema_tool import SchemaTool, Work

CALL_SECONDS = 600.0  # the other libraries set no limit, and a first call may load a model


class ForeignTool(SchemaTool):
    """A tool of smolagents or LangChain, or a class of pydantic, which runs in the host as its library would run it.

    Args:
        original: What was given.
        name: The tool's name.
        description: What the tool does.
        parameters: Its parameters.
        work: Executes a call.
        output: The type of the result; MISSING if unknown.
        schema: The JSON Schema of the arguments from the tool itself; None to make one from the parameters.

    Attributes:
        original: What was given.
    """

    def __init__(
        self,
        original: Any,
        name: str,
        description: str,
        parameters: Sequence[SchemaParameter],
        work: Work,
        *,
        output: Any = MISSING,
        schema: Mapping[str, Any] | None = None,
    ) -> None:
        self.original = original
        super().__init__(name, description, parameters, work, output=output, schema=schema, timeout=CALL_SECONDS)
