"""The state of one chat through time: its worker, and its checkpoints of variables and files."""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.quick_work import QuickWork
from agent_core.sandbox.checkpoints.versions import FileVersions
from agent_core.sandbox.confinement import probe
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.host.workspace import measure, remove_tree
from agent_core.sandbox.policy import Limits

MOST_CHECKPOINTS = 20  # of variables
IDLE_SECONDS = 120.0  # without a step, after which only the newest checkpoint is kept
_MOST_VERSIONS = 30  # of files: for the last steps, and for the ends of the last turns
_DELIVERY_SECONDS = 0.002  # from the end of a step to its checkpoint, so that the step's result is delivered first

Loss = Literal["some", "all"]
"""What became of the variables: "some" if they are those of an earlier step, "all" if there are none."""
logger = logging.getLogger(__name__)
# Threads of its own, because checkpoints are made in the background, whatever event loop runs the steps.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="checkpoints")


class Checkpoints:
    """The worker and the checkpoints of one chat. The caller must make one call at a time.

    Checkpoints are numbered through the chat, and no number is used twice; 0 is the start, with nothing defined.

    Args:
        workspace: The folder that the code works in.
        limits: What the code may use.

    Attributes:
        limits: May be changed. Processes that run already can use what was the highest when they started.
        now: The checkpoint that the worker continues from.
        processes: The processes of the worker and the checkpoints.
    """

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self.now = 0
        self.processes = Processes(workspace, limits)
        self._workspace = workspace
        self.limits = limits
        self._versions = FileVersions(workspace)
        self._worker: WorkerProcess | None = None
        self._has_begun = False  # if not, everything is as it was at the start
        self._closed = False
        self._loss: Loss | None = None
        self._line = [0]
        self._last = 0
        self._turn_ends: set[int] = set()
        self._background: Future[None] | None = None
        self._work = QuickWork()
        self._due = False  # whether the checkpoint of the last step has yet to begin
        self._timers: list[asyncio.TimerHandle] = []

    async def start(self) -> None:
        """Start a worker unless there is one. Raises SandboxError."""
        if self._worker is None:
            await self._start_worker()

    async def worker(self) -> WorkerProcess:
        """Return the worker with the state after the last step; start one if need be. Raises SandboxError."""
        await self._wait_for_background()
        if self._worker and not (self.processes.exist and self._worker.is_alive):
            await self._end_worker()
        await self.start()
        await self._keep_added_files()
        assert self._worker is not None
        return self._worker

    async def _keep_added_files(self) -> None:
        """Keep files that were added to the workspace since the last step, so that a rewind does not remove them."""
        await self._work.run(lambda: self._keep_files(self.now))
        self._has_begun = True

    def take_loss(self) -> Loss | None:
        """Return which variables were lost since the last call; None for none."""
        loss, self._loss = self._loss, None
        return loss

    def keep(self) -> None:
        """Make a checkpoint in the background. Returns at once; the next call waits for it."""
        self._last += 1
        self.now = self._last
        self._line.append(self.now)
        self._due = True
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(_DELIVERY_SECONDS, self._begin_checkpoint),
            loop.call_later(IDLE_SECONDS, self._end_idle_worker),
        ]

    def _begin_checkpoint(self) -> None:
        if self._due:
            self._due = False
            self._background = _threads.submit(self._make_checkpoint, self.now)

    async def roll_back(self, *, broken: bool) -> list[str]:
        """Go back to the last checkpoint after the worker was killed.

        Args:
            broken: The worker itself failed, so go back to the checkpoint before.

        Returns:
            The files that could not be restored. `take_loss` says what became of the variables.
        """
        self._worker = None
        if broken:
            self.processes.drop([self.now])
        return await self._restore()

    async def rewind(self, checkpoint: int) -> list[str]:
        """Go back to a checkpoint. Later ones are dropped.

        Returns:
            The files that could not be restored. `take_loss` says what became of the variables.

        Raises:
            SandboxError: There is no such checkpoint in this chat.
        """
        if checkpoint not in self._line:
            raise SandboxError(f"There is no checkpoint {checkpoint}. It never existed, or a rewind has dropped it.")
        if not self._has_begun:
            return []
        await self._wait_for_background()
        await self._end_worker()
        later = [number for number in self._line if number > checkpoint]
        self._line = [number for number in self._line if number <= checkpoint]
        self.now = checkpoint
        self._turn_ends = {number for number in self._turn_ends if number <= checkpoint}
        self.processes.drop(later)
        lost = await self._restore()
        await asyncio.to_thread(self._versions.forget, later)
        return lost

    def begin_turn(self) -> None:
        """Mark the newest checkpoint as the end of a turn. Of earlier turns only such checkpoints are kept."""
        self._turn_ends.add(self.now)

    async def suspend(self) -> None:
        """End all processes. Files and their versions stay; variables are lost."""
        await self._wait_for_background()
        worker, self._worker = self._worker, None
        await self.processes.close()
        if worker:
            worker.close()
        self.processes = Processes(self._workspace, self.limits)

    async def close(self, *, in_use: bool) -> None:
        """End all processes and drop all versions.

        Args:
            in_use: A step is running. It closes the worker itself when it finds it gone.
        """
        self._closed = True
        await self._wait_for_background()
        await self.processes.close()
        if self._worker and not in_use:
            self._worker.close()
            self._worker = None
        await asyncio.to_thread(self._versions.close)

    async def _start_worker(self) -> None:
        """Start a worker from the newest checkpoint, or else from nothing. Raises SandboxError."""
        try:
            self._worker = await self._fork_newest() or await self._spawn()
        finally:
            if self._closed:  # meanwhile
                await self.processes.close()
                raise SandboxError("This sandbox is closed.")

    async def _fork_newest(self) -> WorkerProcess | None:
        for number in sorted(self.processes.checkpoints, reverse=True) if self.processes.exist else []:
            if self._closed:
                return None
            with suppress(SandboxError):
                worker = await self.processes.fork_from_checkpoint(number)
                self._loss = None if number == self.now else "some"
                return worker
        return None

    async def _spawn(self) -> WorkerProcess | None:
        await asyncio.to_thread(lambda: probe().require())
        await self.processes.close()
        if self._closed:
            return None
        self._workspace.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self._workspace, self.limits)
        worker = await self.processes.start()
        self._loss = "all" if self.now else None
        return worker

    async def _restore(self) -> list[str]:
        """Restore variables, then files: a hostile checkpoint might change files when it continues."""
        with suppress(SandboxError):  # the next step tries again, and raises the error
            await self._start_worker()
        return await asyncio.to_thread(self._restore_files, self.now)

    async def _end_worker(self) -> None:
        if self._worker:
            await self.processes.end()
            self._worker.close()
            self._worker = None

    async def _wait_for_background(self) -> None:
        """Wait for the checkpoint that is being made in the background."""
        for timer in self._timers:
            timer.cancel()
        self._begin_checkpoint()
        if self._background:
            await asyncio.wrap_future(self._background)
            self._background = None

    def _make_checkpoint(self, number: int) -> None:
        try:
            self.processes.make_checkpoint(number)
            self._drop_old()
        except SandboxError as error:
            logger.warning("A checkpoint of variables could not be made: %s", error)
        self._keep_files(number)

    def _keep_files(self, number: int) -> None:
        try:
            self._versions.keep(number)
            self._versions.forget(self._outdated())
        except OSError as error:
            logger.warning("A checkpoint of files could not be made: %s", error.strerror)

    def _drop_old(self) -> None:
        kept = self.processes.checkpoints
        turn = max(self._turn_ends, default=0)
        needed = [number for number in kept if number > turn or number in self._turn_ends][-MOST_CHECKPOINTS:]
        self.processes.drop(set(kept) - set(needed))

    def _outdated(self) -> list[int]:
        """Return the versions of files to drop: neither recent nor the end of a recent turn."""
        kept = {*self._line[-_MOST_VERSIONS:], *sorted(self._turn_ends)[-_MOST_VERSIONS:], 0}
        return [number for number in self._line if number not in kept]

    def _restore_files(self, checkpoint: int) -> list[str]:
        try:
            remove_tree(self._workspace / TEMPORARY)
            lost = self._versions.restore(checkpoint)
            if lost and measure(self._workspace, self.limits):  # the files that were not kept exceed the limits
                lost = self._versions.restore(checkpoint, only_kept=True)
        except (KeyError, OSError) as error:
            logger.warning("The files of the workspace could not be restored: %r", error)
            return ["all files"]
        return lost

    def _end_idle_worker(self) -> None:
        """Keep only the newest checkpoint, which the next step continues from."""
        worker = self._worker
        if self.now in self.processes.checkpoints and worker:
            self._worker = None
            self._background = _threads.submit(self._end_all_but_newest, worker)

    def _end_all_but_newest(self, worker: WorkerProcess) -> None:
        self.processes.end_now()
        worker.close()
        self.processes.drop(set(self.processes.checkpoints) - {self.now})
