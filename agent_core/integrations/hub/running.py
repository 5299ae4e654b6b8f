"""Runs a tool of the Hub in the agent's sandbox, or in a sandbox of its own if no agent calls it."""

from typing import Any

from agent_core.errors import ToolError
from agent_core.sandbox import Sandbox
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.tool_code import ToolCode


def sandboxed_tool(code: ToolCode) -> SandboxedTool:
    """Return a tool that runs this code in the sandbox.

    If no agent calls it, each call gets a new sandbox with the default policy and returns text.

    Args:
        code: The code that `read_tool_code` returned. Somebody should have looked at it.

    Raises:
        ToolError: The code cannot be made into a tool.
    """
    return SandboxedTool(code, _run_alone)


async def _run_alone(tool: SandboxedTool, arguments: dict[str, Any]) -> str:
    async with Sandbox(tools=[tool]) as box:
        execution = await box.run(tool.as_code(arguments))
    if execution.error:
        raise ToolError(execution.error.message)
    return execution.value or ""
