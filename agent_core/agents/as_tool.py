"""Makes an agent a tool of another agent."""

import asyncio
from typing import Protocol

from agent_core.agents.result import RunResult
from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.context.reading import add_source
from agent_core.tools.context.run_context import run_context

_TASK_SECONDS = 600.0  # the agent's steps and tokens are limited too


class TaskRunner(Protocol):
    """The interface that an agent needs to become a tool."""

    async def rewind(self, step: int) -> None: ...

    async def run(self, question: str) -> RunResult: ...


def agent_tool(agent: TaskRunner, name: str, description: str) -> Tool:
    """Make a tool that gives an agent one task per call, in a new chat, and returns its answer as text.

    Simultaneous calls wait for each other. The agent's tokens count for the run that called it too.

    Args:
        agent: The agent that does the tasks.
        name: The name of the tool.
        description: When to use the tool, for the model that calls it.

    Returns:
        The tool. A call raises ToolError if the agent finds no answer, or is called from within its own run. If the
        agent stopped at a limit, the answer says so.
    """
    lock = asyncio.Lock()

    async def call(task: str) -> str:
        caller = run_context.get()
        if caller is not None and agent in caller.agents:  # it would wait for itself
            raise ToolError(f"{name} cannot be called from within its own work. Do this part yourself.")
        async with lock:
            await agent.rewind(0)
            result = await agent.run(task)
        for source in result.sources:  # which have their numbers in the caller's chat
            add_source(source.url, source.title)
        if result.answer is None:
            raise ToolError(f"{name} found no answer. {result.message}")
        return f"{result.answer}\n({result.message})" if result.message else str(result.answer)

    return Tool(call, name=name, description=description, timeout=_TASK_SECONDS)
