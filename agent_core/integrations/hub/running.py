"""Runs a tool of the Hub: in the agent's sandbox, in a sandbox of its own if no agent calls it, or in this program."""

from collections.abc import Mapping
from functools import cache, partial
from threading import Lock
from typing import Any

from agent_core.errors import GlassboxError, SandboxError, ToolError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.trusted_code import instance_of
from agent_core.tools.names import tool_name
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.tool_code import ToolCode

_PLAIN = (bool, int, float, str, list, dict)


def sandboxed_tool(code: ToolCode, origin: Mapping[str, Any] | None = None) -> SandboxedTool:
    """Return a tool that runs this code in the sandbox.

    If no agent calls it, each call gets a new sandbox with the default policy, and returns what the tool returns, or
    the text of what cannot leave the sandbox.

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
    making = Lock()  # two first calls at once must not load a model twice

    def work(arguments: dict[str, Any]) -> Any:
        with making:
            tool = instance()
            if not getattr(tool, "is_initialized", True):
                tool.setup()
                tool.is_initialized = True
        return tool(**arguments)

    name, origin = tool_name(code.name), {"kind": "code", "code": code.source}
    return SchemaTool(name, code.description, code.parameters, work, output=code.output, origin=origin)


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
