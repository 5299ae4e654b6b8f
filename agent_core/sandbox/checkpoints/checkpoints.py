"""The state of one chat through time: its worker, and the checkpoints of variables and files to go back to."""

import asyncio
import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.snapshot import TEMPORARY
from agent_core.sandbox.checkpoints.versions import FileVersions
from agent_core.sandbox.confinement import probe
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.host.workspace import measure, remove_tree
from agent_core.sandbox.policy import Limits

MOST_CHECKPOINTS = 20  # of variables
SLEEP_SECONDS = 120.0  # without a step, after which the worker and all checkpoints but the newest end
_MOST_VERSIONS = 30  # of files: of the last steps, and of the last turns
_DELIVERY_SECONDS = 0.002  # in which the result of a step gets to whom it is for, before work on its checkpoint begins
_QUICK_SECONDS = 0.002

Loss = Literal["some", "all"]  # of the variables: they are those of an earlier step, or there are none
logger = logging.getLogger(__name__)
# Threads of its own: checkpoints are made behind the steps, under whatever event loop these run.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="checkpoints")


class Checkpoints:
    """Checkpoints are numbered through a chat and never twice; 0 is the start, with nothing defined.

    processes: those that hold the worker and the checkpoints. now: the checkpoint that the worker goes on from. One
    thing happens at a time; whoever uses it sees to that.
    """

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self.now = 0
        self.processes = Processes(workspace, limits)
        self._workspace = workspace
        self._limits = limits
        self._versions = FileVersions(workspace)
        self._worker: WorkerProcess | None = None
        self._has_begun = False  # else all is as it was at the start
        self._closed = False
        self._loss: Loss | None = None
        self._line = [0]
        self._last = 0
        self._turn_ends: set[int] = set()
        self._background: Future[None] | None = None
        self._slow = False  # whether looking at the files takes so long that others must not wait for it
        self._due = False  # whether the checkpoint of the last step is still to be begun
        self._timers: list[asyncio.TimerHandle] = []

    async def start(self) -> None:
        """Have a worker, unless there is one. Raises SandboxError."""
        if self._worker is None:
            await self._go_on()

    async def worker(self) -> WorkerProcess:
        """The worker, as it was after the last step; started or woken if need be. Raises SandboxError."""
        await self._wait_for_background()
        if self._worker and not (self.processes.are_there and self._worker.is_there):
            await self._end_worker()
        await self.start()
        await self._keep_given_files()
        assert self._worker is not None
        return self._worker

    async def _keep_given_files(self) -> None:
        """Others than the code may have put files into the workspace since its last step: these are to stay."""
        began = time.monotonic()
        if self._slow:
            await asyncio.to_thread(self._keep_files, self.now)
        else:
            self._keep_files(self.now)
        self._slow = time.monotonic() - began > _QUICK_SECONDS
        self._has_begun = True

    def take_loss(self) -> Loss | None:
        """What became of the variables since this was asked last; None where they are as they should be."""
        loss, self._loss = self._loss, None
        return loss

    def keep(self) -> None:
        """Make a checkpoint of what is now. Returns at once; what comes next waits for it."""
        self._last += 1
        self.now = self._last
        self._line.append(self.now)
        self._due = True
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(_DELIVERY_SECONDS, self._begin_checkpoint),
            loop.call_later(SLEEP_SECONDS, self._fall_asleep),
        ]

    def _begin_checkpoint(self) -> None:
        if self._due:
            self._due = False
            self._background = _threads.submit(self._make_checkpoint, self.now)

    async def roll_back(self, *, broken: bool) -> list[str]:
        """After the worker was killed: go on from the last checkpoint, or from the one before it where it is broken.

        Returns the files that could not be restored; what became of the variables, `take_loss` tells.
        """
        self._worker = None
        if broken:
            self.processes.drop([self.now])
        return await self._restore()

    async def rewind(self, checkpoint: int) -> list[str]:
        """Let it be as it was; later checkpoints are dropped.

        Returns as `roll_back` does. Raises SandboxError for a checkpoint that is not in this chat's line.
        """
        if checkpoint not in self._line:
            raise SandboxError(f"There is no checkpoint {checkpoint}; it never was, or was dropped by going back.")
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
        """Of what came before keep the newest checkpoint, beside the last ones of turns before."""
        self._turn_ends.add(self.now)

    async def rest(self) -> None:
        """End all processes. Files stay with their versions; variables are gone."""
        await self._wait_for_background()
        worker, self._worker = self._worker, None
        await self.processes.close()
        if worker:
            worker.close()
        self.processes = Processes(self._workspace, self._limits)

    async def close(self, *, in_use: bool) -> None:
        """End all processes and drop all versions. in_use: a step is running, which finds its worker lost."""
        self._closed = True
        await self._wait_for_background()
        await self.processes.close()
        if self._worker and not in_use:
            self._worker.close()
            self._worker = None
        await asyncio.to_thread(self._versions.close)

    async def _go_on(self) -> None:
        """Have a worker that goes on from the newest checkpoint there is, or else from nothing. Raises SandboxError."""
        try:
            self._worker = await self._woken() or await self._fresh()
        finally:
            if self._closed:  # meanwhile
                await self.processes.close()
                raise SandboxError("This sandbox is closed.")

    async def _woken(self) -> WorkerProcess | None:
        for number in sorted(self.processes.checkpoints, reverse=True) if self.processes.are_there else []:
            if self._closed:
                return None
            with suppress(SandboxError):
                worker = await self.processes.fork_from_checkpoint(number)
                self._loss = None if number == self.now else "some"
                return worker
        return None

    async def _fresh(self) -> WorkerProcess | None:
        await asyncio.to_thread(lambda: probe().require())
        await self.processes.close()
        if self._closed:
            return None
        self._workspace.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self._workspace, self._limits)
        worker = await self.processes.start()
        self._loss = "all" if self.now else None
        return worker

    async def _restore(self) -> list[str]:
        """Variables first: a checkpoint that is hostile might change files as it wakes."""
        with suppress(SandboxError):  # the next step tries again, and says why if it cannot
            await self._go_on()
        return await asyncio.to_thread(self._restore_files, self.now)

    async def _end_worker(self) -> None:
        if self._worker:
            await self.processes.end()
            self._worker.close()
            self._worker = None

    async def _wait_for_background(self) -> None:
        """Wait for what is done behind the steps."""
        for timer in self._timers:
            timer.cancel()
        self._begin_checkpoint()
        if self._background:
            await asyncio.wrap_future(self._background)
            self._background = None

    def _make_checkpoint(self, number: int) -> None:
        try:
            self.processes.make_checkpoint(number)
            self._thin_out()
        except SandboxError as error:
            logger.warning("A checkpoint of variables could not be made: %s", error)
        self._keep_files(number)

    def _keep_files(self, number: int) -> None:
        try:
            self._versions.keep(number)
            self._versions.forget(self._outdated())
        except OSError as error:
            logger.warning("A checkpoint of files could not be made: %s", error.strerror)

    def _thin_out(self) -> None:
        kept = self.processes.checkpoints
        turn = max(self._turn_ends, default=0)
        needed = [number for number in kept if number > turn or number in self._turn_ends][-MOST_CHECKPOINTS:]
        self.processes.drop(set(kept) - set(needed))

    def _outdated(self) -> list[int]:
        """The versions of files that are given up: neither recent nor the last of a recent turn."""
        kept = {*self._line[-_MOST_VERSIONS:], *sorted(self._turn_ends)[-_MOST_VERSIONS:], 0}
        return [number for number in self._line if number not in kept]

    def _restore_files(self, checkpoint: int) -> list[str]:
        try:
            remove_tree(self._workspace / TEMPORARY)
            lost = self._versions.restore(checkpoint)
            if lost and measure(self._workspace, self._limits):  # these are what there is too much of
                lost = self._versions.restore(checkpoint, only_kept=True)
        except (KeyError, OSError) as error:
            logger.warning("The files of the workspace could not be restored: %r", error)
            return ["all files"]
        return lost

    def _fall_asleep(self) -> None:
        """Keep the newest checkpoint only, from which the next step wakes."""
        worker = self._worker
        if self.now in self.processes.checkpoints and worker:
            self._worker = None
            self._background = _threads.submit(self._sleep_on, worker)

    def _sleep_on(self, worker: WorkerProcess) -> None:
        self.processes.end_now()
        worker.close()
        self.processes.drop(set(self.processes.checkpoints) - {self.now})
