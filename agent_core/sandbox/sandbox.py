"""The sandbox: Python in a process of its own, for one chat."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Self

from agent_core.errors import Busy, SandboxError
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.tool import Tool
from agent_core.waiting import to_its_end

from . import confinement
from .inside import frames
from .policy import Limits, Policy
from .step import Step
from .tool_calls import describe
from .worker import Worker


class Sandbox:
    """Runs pieces of Python in one persistent namespace, as a notebook does.

    policy, limits and tools may be changed; a change takes effect with the next step. workspace: the directory that the
    code starts in; without one, a temporary directory is made, and removed by `close`. variables_lost: whether a
    worker had to be ended (a limit, a Stop, a crash) and no step has run since, so that all variables are gone; an
    Execution whose step this happened in says so too.
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        limits: Limits | None = None,
        tools: Sequence[Tool] = (),
        workspace: Path | None = None,
    ) -> None:
        self.policy = policy or Policy()
        self.limits = limits or Limits()
        self.tools = list(tools)
        self.variables_lost = False
        self._temporary = None if workspace else tempfile.TemporaryDirectory(prefix="glassbox-")
        self.workspace = Path(self._temporary.name) if self._temporary else Path(workspace or "")
        self._worker: Worker | None = None
        self._steps = 0
        self._running = False
        self._closed = False

    @property
    def confinement(self) -> tuple[str, ...]:
        """The kernel layers that hold the code."""
        return confinement.layers()

    async def start(self) -> None:
        """Start the worker process now rather than with the first step. Raises SandboxError."""
        await self._started()

    async def stream(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code, and yield what happens as it happens; the last item is the Execution.

        Closing the generator, or cancelling the task that runs it, stops the code. Whatever the code does is in the
        Execution. Raises Busy while another step is running, SandboxError where no process can be started
        or the sandbox is closed.
        """
        if self._running:
            raise Busy("This sandbox is running code already; wait for it or stop it first.")
        self._running = True
        try:
            worker = await self._started()
            self._steps += 1
            order = self._order(code)
            step = Step(self._steps, worker, self.tools, self.limits.step_seconds)
            self.variables_lost = False
            try:
                await step.begin(order)
                while step.execution is None:
                    for event in await step.advance():
                        yield event
            finally:
                await to_its_end(self._finish(step))
            yield step.execution
        finally:
            self._running = False

    async def run(self, code: str) -> Execution:
        """Run code to its end. Raises as `stream` does."""
        async with aclosing(self.stream(code)) as events:
            last = [event async for event in events][-1]
        assert isinstance(last, Execution)
        return last

    async def close(self) -> None:
        """End the worker and remove a workspace that was made here. A step that is running ends as a crash."""
        self._closed = True
        if self._worker:
            await self._worker.kill()
            if not self._running:
                self._worker.close()
                self._worker = None
        if self._temporary:
            await asyncio.to_thread(self._temporary.cleanup)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _started(self) -> Worker:
        if self._worker is None and not self._closed:
            self.workspace.mkdir(parents=True, exist_ok=True)
            worker = await Worker.start(self.workspace)
            if self._worker or self._closed:  # meanwhile
                worker.discard()
            else:
                self._worker = worker
        if self._worker is None:
            raise SandboxError("This sandbox is closed.")
        return self._worker

    def _order(self, code: str) -> bytes:
        order = {
            "id": 0,
            "step": self._steps,
            "code": code,
            "imports": list(self.policy.imports),
            "tools": [describe(tool) for tool in self.tools],
            "memory_mb": self.limits.memory_mb,
        }
        try:
            return frames.encode(order)
        except frames.FrameError as error:
            raise SandboxError(f"The code cannot be run. {error}") from None

    async def _finish(self, step: Step) -> None:
        try:
            await step.stop()
        finally:
            if step.worker_ended:
                self._worker = None
                self.variables_lost = True
