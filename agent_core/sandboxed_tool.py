"""Tools whose code runs inside the sandbox, beside the agent's own: strangers wrote it."""

from typing import TYPE_CHECKING, Any

from agent_core.described_tool import DescribedTool
from agent_core.errors import ToolError

if TYPE_CHECKING:
    from agent_core.sandbox import Policy
    from agent_core.tools_from.tool_code import ToolCode


class SandboxedTool(DescribedTool):
    """A tool that comes as code, in the layout of the Hub. In an agent's code it is a function like any other.

    It runs in the chat's sandbox, in the agent's own process, with its imports and hosts asked for as those of the
    agent's code are; what the chat has in variables and files is in its reach, and nothing else is. Where no agent
    calls it, as in `await tool.call({…})`, it runs in a sandbox that is made for that call; its result is text then.
    origin: where the code is from, for people to read. policy: what it may do where no agent calls it; None for what a
    Policy allows by default.
    """

    def __init__(self, code: "ToolCode", origin: str = "", *, policy: "Policy | None" = None) -> None:
        self.code = code
        self.origin = origin
        self.policy = policy
        super().__init__(code.name, code.description, code.parameters, self._run_alone, output=code.output)

    def as_code(self, arguments: dict[str, Any]) -> str:
        """A line of Python that calls it. Raises ToolError where it cannot be called with these arguments."""
        try:
            values = self.inputs.checked(arguments)
        except ToolError as error:
            raise self.wrong_arguments(error) from None
        defaults = {parameter.python: parameter.default for parameter in self.inputs.parameters}
        given = [f"{name}={value!r}" for name, value in values.items() if value is not defaults[name]]
        return f"{self.name}({', '.join(given)})"

    async def _run_alone(self, arguments: dict[str, Any]) -> str:
        from agent_core.sandbox import Sandbox  # which itself knows this module

        async with Sandbox(policy=self.policy, tools=[self]) as box:
            execution = await box.run(self.as_code(arguments))
        if execution.error:
            raise ToolError(execution.error.message)
        return execution.value or ""
