"""Calls host tools for a worker, and describes the tools to it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

from agent_core.errors import ToolError
from agent_core.events import ToolEvent
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.result_encoding import encode
from agent_core.sandbox.host.tool_arguments import are_large, read_arguments, shown
from agent_core.sandbox.host.worker_messages import CallMessage
from agent_core.tools.base import Tool
from agent_core.tools.context.tool_context import Allow, ToolContext
from agent_core.tools.parameters import MISSING
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.type_text import type_text, value_text


async def call_tool(
    tools: Mapping[str, Tool],
    message: CallMessage,
    emit: Callable[[ToolEvent], None],
    allow: Allow,
    room: asyncio.Semaphore,
) -> bytes:
    """Call a tool for a worker.

    Args:
        tools: The tools by their names.
        message: The worker's request.
        emit: Takes the events of the call.
        allow: Asks for permissions.
        room: Held by calls whose arguments take much memory.

    Returns:
        The frame with its result, or with the text of its error.
    """
    if message.tool not in tools:
        return reply(message.id, error=f"The tool {message.tool!r} no longer exists.")
    tool, given = tools[message.tool], message.arguments
    try:
        async with room if are_large(given) else nullcontext():
            with ToolContext(message.tool, emit, allow).running({name: shown(value) for name, value in given.items()}):
                arguments = await _read(given, tool)
                return await tool.call(arguments, then=partial(_frame, message.id))
    except (ToolError, ValueError) as failure:
        return reply(message.id, error=str(failure))


async def _read(arguments: Mapping[str, Any], tool: Tool) -> dict[str, Any]:
    if are_large(arguments):
        return await asyncio.to_thread(read_arguments, arguments, tool.signature)
    return read_arguments(arguments, tool.signature)


def describe(tool: Tool) -> dict[str, Any]:
    """Return what a worker needs to show the tool as a function.

    Its result is the answer if it "answers". Its "code" is what runs in the worker, None for a host tool. "own" is a
    parameter's own name, which the code knows it by; its "name" in Python may differ.
    """
    output = tool.signature.output
    code = {"source": tool.code.source, "class": tool.code.class_name} if isinstance(tool, SandboxedTool) else None
    return {
        "name": tool.name,
        "code": code,
        "answers": tool.return_direct,
        "doc": "\n".join([tool.description, *tool.notes()]),
        "returns": None if output is MISSING else type_text(output),
        "parameters": [
            {
                "name": parameter.python,
                "own": parameter.name,
                "kind": parameter.kind.name,
                "default": None if parameter.default is MISSING else value_text(parameter.default),
                "annotation": type_text(parameter.type),
            }
            for parameter in tool.signature.parameters
        ],
    }


def reply(number: int, *, value: Any = None, error: str | None = None, with_descriptor: bool = False) -> bytes:
    """Return the frame that answers a worker's request. Raises wire_format.FrameError if it is too long."""
    if error is not None:
        return wire_format.encode({"id": number, "error": error})
    return wire_format.encode({"id": number, "value": value, **({"with_descriptor": True} if with_descriptor else {})})


def _frame(number: int, value: Any) -> bytes:
    return wire_format.framed(b'{"id": %d, "value": %b}' % (number, encode(value)))
