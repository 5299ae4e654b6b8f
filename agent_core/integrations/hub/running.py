"""Runs a tool of the Hub in the agent's sandbox, or in a sandbox of its own if no agent calls it."""

from typing import Any

from agent_core.errors import GlassboxError, SandboxError, ToolError
from agent_core.sandbox import Sandbox
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.tool_code import ToolCode

_PLAIN = (bool, int, float, str, list, dict)


def sandboxed_tool(code: ToolCode) -> SandboxedTool:
    """Return a tool that runs this code in the sandbox.

    If no agent calls it, each call gets a new sandbox with the default policy, and returns what the tool returns, or
    the text of what cannot leave the sandbox.

    Args:
        code: The code that `read_tool_code` returned. Somebody should have looked at it.

    Raises:
        ToolError: The code cannot be made into a tool.
    """
    return SandboxedTool(code, _run_alone)


async def _run_alone(tool: SandboxedTool, arguments: dict[str, Any]) -> Any:
    variables = {name: _Variable(f"argument_{number}") for number, name in enumerate(arguments)}
    plain = {name: value for name, value in arguments.items() if value is None or isinstance(value, _PLAIN)}
    values = {repr(variables[name]): value for name, value in arguments.items() if name not in plain}
    async with Sandbox(tools=[tool]) as box:
        call = tool.as_code({**variables, **plain})
        try:
            execution = await box.run(f"__builtins__['final_answer']({call})", values=values)
        except SandboxError:
            raise
        except GlassboxError as error:
            raise ToolError(str(error)) from None
    if execution.error:
        raise ToolError(execution.error.message)
    assert execution.answer is not None
    try:
        return execution.answer.value
    except GlassboxError:
        return str(execution.answer)


class _Variable:
    """Stands in a call's arguments for a value that no literal can be, such as a picture."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name
