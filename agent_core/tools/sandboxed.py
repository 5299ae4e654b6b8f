"""Tools from strangers, whose code runs in the sandbox next to the agent's own."""

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.names import tool_name
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.tool_code import ToolCode

_DEEPEST = 100  # nested lists; Python parses twice as many brackets

RunAlone = Callable[["SandboxedTool", dict[str, Any]], Awaitable[Any]]
"""Runs such a tool without an agent, with checked arguments. Raises ToolError if it fails."""


class SandboxedTool(SchemaTool):
    """A tool that comes as code, in the Hub's layout. In an agent's code it is a function like any other.

    It runs in the chat's sandbox, in the agent's process, and the person is asked about its imports and hosts as about
    those of the agent's code. It can access the chat's variables and files, and nothing else. It has the name that its
    code declares, unless that name is reserved.

    Args:
        code: The tool's code and description.
        run_alone: Runs the tool without an agent, as in `await tool.call({…})`.
        origin: Where the code comes from; None for nowhere but here. See SchemaTool.
    """

    def __init__(self, code: ToolCode, run_alone: RunAlone, origin: Mapping[str, Any] | None = None) -> None:
        self.code = code

        async def work(arguments: dict[str, Any]) -> Any:
            return await run_alone(self, arguments)

        name, origin = tool_name(code.name), origin or {"kind": "code", "code": code.source}
        super().__init__(name, code.description, code.parameters, work, output=code.output, origin=origin)

    def as_code(self, arguments: dict[str, Any]) -> str:
        """Return a line of Python that calls it. Raises ToolError if it cannot be called with these arguments."""
        try:
            values = self.signature.checked(arguments)
        except ToolError as error:
            raise self.argument_error(error) from None
        defaults = {parameter.python: parameter.default for parameter in self.signature.parameters}
        given = [f"{name}={_literal(value)}" for name, value in values.items() if value is not defaults[name]]
        # Not by its name alone, which the agent's code may have reassigned.
        return f"__builtins__[{self.name!r}]({', '.join(given)})"


def _literal(value: Any, depth: int = 0) -> str:
    """Return a value as a Python expression without names. Raises ToolError if that is not possible."""
    if depth > _DEEPEST:
        raise ToolError("An argument is nested too deep. Give a simpler one.")
    if isinstance(value, float) and not math.isfinite(value):
        return "(1e999 - 1e999)" if math.isnan(value) else f"{'-' if value < 0 else ''}1e999"
    if isinstance(value, list):
        return f"[{', '.join(_literal(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(item, depth + 1)}' for key, item in value.items())}}}"
    try:
        return repr(value)
    except ValueError:
        raise ToolError("A number is too long. Give a simpler one.") from None
