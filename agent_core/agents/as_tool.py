"""An agent as a tool of another one."""

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING

from agent_core.errors import ToolError
from agent_core.tools.base import Tool

if TYPE_CHECKING:
    from agent_core.agents.base import Agent

_at_work: ContextVar[tuple["Agent", ...]] = ContextVar("at_work", default=())  # each one a tool of the one before

_SECONDS = 600.0  # for one task; the steps and tokens of the agent are limited besides


def agent_tool(agent: "Agent", name: str, description: str) -> Tool:
    """A tool whose every call gives the agent one task, in a new chat, and returns its answer as text.

    Calls at the same time wait for each other. What the agent spends counts for the run that called it, too. Where it
    found no answer, or is asked from within its own work, the call raises ToolError; where it stopped at a limit, the
    answer says so.
    """
    turns = asyncio.Lock()

    async def call(task: str) -> str:
        if agent in _at_work.get():  # it would wait for itself
            raise ToolError(f"{name} cannot be called from within its own work. Do this part yourself.")
        async with turns:
            outer = _at_work.set((*_at_work.get(), agent))
            try:
                await agent.rewind(0)
                result = await agent.run(task)
            finally:
                _at_work.reset(outer)
        if result.answer is None:
            raise ToolError(f"{name} found no answer. {result.message}")
        return f"{result.answer}\n({result.message})" if result.message else str(result.answer)

    return Tool(call, name=name, description=description, timeout=_SECONDS)
