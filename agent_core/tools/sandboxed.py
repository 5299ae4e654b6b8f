"""Tools whose code runs inside the sandbox, beside the agent's own: strangers wrote it."""

import math
from typing import TYPE_CHECKING, Any

from agent_core.errors import ToolError
from agent_core.tools.described import DescribedTool, tool_name

if TYPE_CHECKING:
    from agent_core.integrations.hub.code_reader.tool_reader import ToolCode
    from agent_core.sandbox import Policy

_DEEPEST = 100  # lists within lists; Python reads twice as many brackets


class SandboxedTool(DescribedTool):
    """A tool that comes as code, in the layout of the Hub. In an agent's code it is a function like any other.

    It runs in the chat's sandbox, in the agent's own process, with its imports and hosts asked for as those of the
    agent's code are; what the chat has in variables and files is in its reach, and nothing else is. Where no agent
    calls it, as in `await tool.call({…})`, it runs in a sandbox that is made for that call; its result is text then.
    Its name is the one that the code gives it, unless the agent knows that for something else.

    policy: what it may do where no agent calls it; None for what a Policy allows by default.
    """

    def __init__(self, code: "ToolCode", *, policy: "Policy | None" = None) -> None:
        self.code = code
        self.policy = policy
        super().__init__(tool_name(code.name), code.description, code.parameters, self._run_alone, output=code.output)

    def as_code(self, arguments: dict[str, Any]) -> str:
        """A line of Python that calls it. Raises ToolError where it cannot be called with these arguments."""
        try:
            values = self.inputs.checked(arguments)
        except ToolError as error:
            raise self.wrong_arguments(error) from None
        defaults = {parameter.python: parameter.default for parameter in self.inputs.parameters}
        given = [f"{name}={_written(value)}" for name, value in values.items() if value is not defaults[name]]
        # Not by its name alone, which the agent's own code may have given to something else.
        return f"__builtins__[{self.name!r}]({', '.join(given)})"

    async def _run_alone(self, arguments: dict[str, Any]) -> str:
        from agent_core.sandbox import Sandbox  # which itself knows this module

        async with Sandbox(policy=self.policy, tools=[self]) as box:
            execution = await box.run(self.as_code(arguments))
        if execution.error:
            raise ToolError(execution.error.message)
        return execution.value or ""


def _written(value: Any, depth: int = 0) -> str:
    """A value as an expression of Python without any names. Raises ToolError where there is none."""
    if depth > _DEEPEST:
        raise ToolError("An argument is nested too deep. Give a simpler one.")
    if isinstance(value, float) and not math.isfinite(value):
        return "(1e999 - 1e999)" if math.isnan(value) else f"{'-' if value < 0 else ''}1e999"
    if isinstance(value, list):
        return f"[{', '.join(_written(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_written(item, depth + 1)}' for key, item in value.items())}}}"
    try:
        return repr(value)
    except ValueError:
        raise ToolError("A number is too long. Give a simpler one.") from None
