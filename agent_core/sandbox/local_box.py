"""One chat's sandbox on this machine: its worker, its files and its checkpoints."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent_core.concurrency import run_to_completion
from agent_core.errors import SandboxError
from agent_core.events import SandboxEvent
from agent_core.execution import Execution, FileNote
from agent_core.sandbox import aftermath, confinement
from agent_core.sandbox.checkpoints.changed_files import ChangedFiles
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints, Loss
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.code_run import CodeRun
from agent_core.sandbox.host.file_transfer import take_in
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.look_into import look_into
from agent_core.sandbox.host.processes import Ending
from agent_core.sandbox.host.variable_transfer import WRITE_SECONDS
from agent_core.sandbox.policy import Limits
from agent_core.sandbox.warm_pool import warm_pool

MakeRequests = Callable[[Callable[[SandboxEvent], None]], GuestRequests]
"""Makes what serves the requests of one step; it is given what takes their events."""


class LocalBox:
    """A sandbox on this machine. The caller makes one step or rewind at a time.

    Args:
        limits: What the code may use.
        workspace: The folder that the code works in; None for a temporary one.
        history: The folder that checkpoints of files last in; None if they end with the sandbox.

    Attributes:
        requests: What serves the requests of steps.
        workspace: The folder that the code works in.
        temporary: The same if it is a temporary one, which the caller removes.
        aftermath: What became of variables and files in the last step or rewind, in sentences; "" for nothing.
        changing: Held while files are restored, and while processes start or end.
    """

    requests = GuestRequests

    def __init__(self, limits: Limits, workspace: Path | None = None, history: Path | None = None) -> None:
        self.aftermath = ""
        self.temporary: tempfile.TemporaryDirectory[str] | None = None
        if workspace is None:
            slot = warm_pool.take(limits)
            self.temporary, self._checkpoints, self.workspace = slot.folder, slot.checkpoints, Path(slot.folder.name)
        else:
            self.workspace = workspace
            self._checkpoints = Checkpoints(workspace, limits, history)
        self._limits = limits
        self._changed_files = ChangedFiles(self.workspace)
        self.changing = asyncio.Lock()
        self._closed = False

    @property
    def limits(self) -> Limits:
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = self._checkpoints.limits = limits

    @property
    def confinement(self) -> tuple[str, ...]:
        """The layers that confine the code."""
        return confinement.probe().holding

    @property
    def is_awake(self) -> bool:
        """Whether there are processes."""
        return self._checkpoints.processes.exist

    @property
    def checkpoint(self) -> int:
        """The checkpoint that the next step continues from."""
        return self._checkpoints.now

    @property
    def kept_checkpoints(self) -> list[int]:
        """The checkpoints that have processes."""
        return list(self._checkpoints.processes.checkpoints)

    async def start(self) -> None:
        """Start the worker. Raises SandboxError."""
        async with self.changing:
            await self._checkpoints.load()
            await self._checkpoints.worker()

    async def load_files(self) -> None:
        """Let the files be as they were after the last step, if the app has ended since."""
        async with self.changing:
            if not self._closed:
                await self._checkpoints.load()

    async def stream(
        self, order: Mapping[str, Any], make_requests: MakeRequests
    ) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code as one step. Closing the iterator stops it.

        Args:
            order: The code, and what the worker must know for it.
            make_requests: Makes what serves its requests.

        Yields:
            The events as they happen; the last item is the Execution.

        Raises:
            SandboxError: No process can be started, or the kernel cannot confine it.
        """
        frame, step = _frame({"id": 0, **order}), await self._step(order["step"])
        loss, files = self._checkpoints.take_loss(), self._checkpoints.take_lost_files()
        self.aftermath, before = aftermath.of_restart(loss, files), aftermath.before_step(loss, files)
        await self._changed_files.begin()
        await self._checkpoints.begin_step()
        try:
            await step.begin(frame, make_requests(step.emit))
            while step.execution is None:
                for event in await step.advance():
                    yield event
        finally:
            await run_to_completion(self._finish(step))
        files = () if step.ending else await self._changed_files.end()
        told = aftermath.told_in(step.execution, self.aftermath, before)
        yield replace(told, checkpoint=self._checkpoints.now, files=files)

    def stand_at(self, checkpoint: int) -> None:
        """Name the checkpoint that the chat's record stands at."""
        self._checkpoints.stands_at = checkpoint

    def has_variables(self, checkpoint: int) -> bool:
        """Whether the variables right after a checkpoint are still there, as far as is known."""
        return self._checkpoints.has_variables(checkpoint)

    async def rewind(self, checkpoint: int, *, keep_later: bool) -> list[str]:
        """Go to the variables and files of a checkpoint. Returns the files that could not be restored.

        Raises SandboxError if there is no such checkpoint, or the sandbox has been closed meanwhile.
        """
        async with self.changing:
            await self._checkpoints.load()
            files = await self._checkpoints.rewind(checkpoint, keep_later=keep_later)
        if self._closed:
            raise SandboxError("This sandbox is closed.")
        self.aftermath = aftermath.of_variables(self._checkpoints.take_loss())
        return files

    async def add_files(self, paths: Sequence[Path]) -> tuple[FileNote, ...]:
        """Copy files into the workspace, all of them or none. Raises GlassboxError."""
        await self.load_files()
        notes = await asyncio.to_thread(take_in, paths, self.workspace, self.limits)
        await self._checkpoints.add_files([note.name for note in notes])
        return notes

    async def look_into(self, task: Mapping[str, Any], seconds: float) -> Execution:
        """Have a worker of its own look into files of the workspace; see `look_into`. Raises SandboxError."""
        return await look_into(task, self.workspace, self.limits, seconds)

    def begin_turn(self) -> None:
        """Mark the beginning of a turn: of the steps before it, only the last checkpoint is kept."""
        self._checkpoints.begin_turn()

    async def suspend(self, *, only_whole: bool, seconds: float | None, in_use: Callable[[], bool]) -> Loss | None:
        """End all processes; see `Sandbox.suspend`.

        Args:
            only_whole: Whether to end them only if no variable is lost.
            seconds: The time to write variables; None for five seconds.
            in_use: Whether a step is running, or waits to begin.
        """
        async with self.changing:
            if in_use() or self._closed or not self.is_awake:
                return None
            seconds = WRITE_SECONDS if seconds is None else seconds
            loss = await run_to_completion(self._checkpoints.keep_variables(seconds))
            if in_use() or self._closed or (loss and only_whole):
                return None
            await self._checkpoints.suspend()
            return loss

    async def close(self, *, in_use: bool) -> None:
        """End all processes.

        Args:
            in_use: Whether a step is running. It ends as a crash.
        """
        self._closed = True
        await self._checkpoints.close(in_use=in_use)

    async def _step(self, number: int) -> CodeRun:
        async with self.changing:
            await self._checkpoints.load()
            worker = await self._checkpoints.worker()
        return CodeRun(number, worker, self._checkpoints.processes, self.workspace, self.limits)

    async def _finish(self, step: CodeRun) -> None:
        """Stop the step, and leave a working worker or a checkpoint to start one from."""
        try:
            await step.stop()
        finally:
            if step.ending and not self._closed:
                await self._roll_back(step.ending)
            elif not self._closed:
                await self._checkpoints.keep()

    async def _roll_back(self, ending: Ending) -> None:
        async with self.changing:
            files = await self._checkpoints.roll_back(broken=ending.broken)
        self.aftermath = aftermath.of_undoing(self._checkpoints.take_loss(), files)


def _frame(order: Mapping[str, Any]) -> bytes:
    try:
        return wire_format.encode(order)
    except wire_format.FrameError as error:
        raise SandboxError(f"The code cannot be run. {error}") from None
