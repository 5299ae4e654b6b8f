"""Makes an agent a tool of another agent."""

import asyncio
from copy import copy
from typing import Protocol, Self

from agent_core.agents.result import RunResult
from agent_core.errors import ToolError
from agent_core.sandbox.remote.engine import Engine
from agent_core.tools.base import Tool
from agent_core.tools.context.reading import add_source
from agent_core.tools.context.run_context import run_context

_TASK_SECONDS = 600.0  # the agent's steps and tokens are limited too


class TaskRunner(Protocol):
    """The interface that an agent needs to become a tool; see Agent."""

    definition: object

    def for_new_chat(self, engine: Engine | None = None) -> Self: ...

    async def rewind(self, step: int) -> None: ...

    async def run(self, question: str) -> RunResult: ...

    async def close(self) -> None: ...


class AgentTool(Tool):
    """A tool that gives an agent one task per call, in a new chat, and returns its answer as text.

    Simultaneous calls wait for each other. The agent's tokens count for the run that called it too. A call raises
    ToolError if the agent finds no answer, or is called from within its own run. If the agent stopped at a limit, the
    answer says so.

    Args:
        agent: The agent that does the tasks.
        name: The name of the tool.
        description: When to use the tool, for the model that calls it.

    Attributes:
        agent: The agent that does the tasks, or whose copies do.
    """

    def __init__(self, agent: TaskRunner, name: str, description: str) -> None:
        self.agent = agent
        self._lock = asyncio.Lock()
        self._works_as_copies, self._engine = False, None
        super().__init__(self._answer, name=name, description=description, timeout=_TASK_SECONDS)

    def for_new_chat(self, engine: Engine | None = None) -> Self:
        """Return the tool for another chat: a copy of the agent does each task, and is closed after it.

        Args:
            engine: Where code runs if the agent names no place.
        """
        other = copy(self)
        other._works_as_copies, other._engine, other.run = True, engine, other._answer
        return other

    async def _answer(self, task: str) -> str:
        caller = run_context.get()
        if caller is not None and self.agent.definition in caller.agents:  # it would wait for itself
            raise ToolError(f"{self.name} cannot be called from within its own work. Do this part yourself.")
        result = await (self._run_copy(task) if self._works_as_copies else self._run_agent(task))
        for source in result.sources:  # which have their numbers in the caller's chat
            add_source(source.url, source.title)
        if result.answer is None:
            raise ToolError(f"{self.name} found no answer. {result.message}")
        return f"{result.answer}\n({result.message})" if result.message else str(result.answer)

    async def _run_agent(self, task: str) -> RunResult:
        async with self._lock:
            await self.agent.rewind(0)
            return await self.agent.run(task)

    async def _run_copy(self, task: str) -> RunResult:
        worker = self.agent.for_new_chat(self._engine)
        try:
            return await worker.run(task)
        finally:
            await worker.close()
