"""Runs a tool of the Hub: in the agent's sandbox, in a sandbox of its own if no agent calls it, or in this program."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from agent_core.errors import ToolError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.trusted_code import instance_of
from agent_core.tools.names import tool_name
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.threads import run_in_tool_thread
from agent_core.tools.tool_code import ToolCode


def sandboxed_tool(code: ToolCode, origin: Mapping[str, Any] | None = None) -> SandboxedTool:
    """Return a tool that runs this code in the sandbox.

    If no agent calls it, each call gets a new sandbox with the default policy and returns text.

    Args:
        code: The code that `read_tool_code` returned. Somebody should have looked at it.
        origin: Where it comes from; see SchemaTool.

    Raises:
        ToolError: The code cannot be made into a tool.
    """
    return SandboxedTool(code, _run_alone, origin)


def trusted_tool(code: ToolCode) -> SchemaTool:
    """Return a tool whose code runs in this program, with its rights, keys and network, as if it were written in it.

    Nothing of the code runs before the first call.

    Args:
        code: The code that `read_tool_code` returned. Somebody must have read all of it.

    Raises:
        ToolError: The code cannot be made into a tool.
    """
    instance = cache(partial(instance_of, code.name, code.source, code.class_name))

    async def work(arguments: dict[str, Any]) -> Any:
        return await run_in_tool_thread(code.name, lambda: instance()(**arguments))

    origin = {"kind": "code", "code": code.source}
    name = tool_name(code.name)
    return SchemaTool(name, code.description, code.parameters, work, output=code.output, origin=origin)


async def _run_alone(tool: SandboxedTool, arguments: dict[str, Any]) -> str:
    async with Sandbox(tools=[tool]) as box:
        execution = await box.run(tool.as_code(arguments))
    if execution.error:
        raise ToolError(execution.error.message)
    return execution.value or ""
