"""The state of one chat through time: its worker, and its checkpoints of variables and files."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

from agent_core.concurrency import run_to_completion
from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.file_history import FileHistory
from agent_core.sandbox.checkpoints.quick_work import QuickWork
from agent_core.sandbox.checkpoints.sleep import Sleep
from agent_core.sandbox.confinement import probe
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.host.workspace import identity
from agent_core.sandbox.policy import Limits

MOST_CHECKPOINTS = 20  # of variables, beside the start
IDLE_SECONDS = 120.0  # without a step, after which only the newest checkpoint of each branch is kept
_DELIVERY_SECONDS = 0.002  # from the end of a step to its checkpoint, so that the step's result is delivered first

Loss = Literal["some", "all"] | tuple[str, ...]
"""Which variables were lost: "all"; "some" if those are left that an earlier step had; or some names."""
logger = logging.getLogger(__name__)
# Threads of its own, because checkpoints are made in the background, whatever event loop runs the steps.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="checkpoints")


class Checkpoints:
    """The worker and the checkpoints of one chat. The caller must make one call at a time.

    Checkpoints are numbered through the chat, and no number is used twice; 0 is the start, with nothing defined. It is
    a process like the others, so that a chat without variables need not end them.

    Args:
        workspace: The folder that the code works in.
        limits: What the code may use.
        history: The folder that checkpoints of files last in; None if they end with the app.

    Attributes:
        limits: May be changed. Processes that run already can use what was the highest when they started.
        processes: The processes of the worker and the checkpoints.
        stands_at: The checkpoint that the chat's record stands at, for `load`.
    """

    def __init__(self, workspace: Path, limits: Limits, history: Path | None = None) -> None:
        self.processes = Processes(workspace, limits)
        self._workspace = workspace
        self.limits = limits
        self._files = FileHistory(workspace, history)
        self._tree = self._files.tree
        self._sleep = Sleep(workspace, history)
        self._worker: WorkerProcess | None = None
        self._loaded = history is None
        self._lost_files: list[str] = []
        self._has_begun = False  # if not, everything is as it was at the start
        self._closed = False
        self._loss: Loss | None = None
        self.stands_at = 0
        self._folder: tuple[int, int] | None = None  # that the processes work in
        self._holds = 0  # the checkpoint whose variables the worker has
        self._background: Future[None] | None = None
        self._work, self._marking = QuickWork(), QuickWork()
        self._due = False  # whether the checkpoint of the last step has yet to begin
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def now(self) -> int:
        """The checkpoint that the next step continues from."""
        return self._tree.now

    def has_variables(self, checkpoint: int) -> bool:
        """Whether the variables right after a checkpoint are still there."""
        if checkpoint == 0 or checkpoint not in self._tree:
            return checkpoint == 0
        is_held = checkpoint == self._holds and self._worker is not None and self._worker.is_alive
        has_process = self.processes.exist and (is_held or checkpoint in self.processes.checkpoints)
        return has_process or (checkpoint == self._sleep.checkpoint and not self._sleep.lost)

    async def load(self) -> None:
        """Let the files be as they were after the last step, if the app has ended since. Must come before all else."""
        if not self._loaded:
            self._lost_files = await asyncio.to_thread(self._files.load, self.limits, self.stands_at)
            self._has_begun = self._files.has_versions
            self._loaded = True

    async def start(self) -> None:
        """Start a worker unless there is one. Raises SandboxError."""
        if self._worker is None:
            await self._start_worker()

    async def worker(self) -> WorkerProcess:
        """Return the worker with the state after the last step; start one if need be. Raises SandboxError."""
        await self._wait_for_background()
        await self._bring_folder_back()
        if self._worker and not (self.processes.exist and self._worker.is_alive):
            await self._end_worker()
        await self.start()
        await self._keep_added_files()
        assert self._worker is not None
        return self._worker

    async def _bring_folder_back(self) -> None:
        """Make the workspace anew if somebody has removed it. The processes can only work in the one that is gone."""
        if self._folder is None or self._folder == identity(self._workspace):
            return
        await self._leave_processes()
        self._folder = None
        self._lost_files = await asyncio.to_thread(self._files.bring_back, self.limits)

    async def _leave_processes(self) -> None:
        worker, self._worker = self._worker, None
        await self.processes.close()
        if worker:
            worker.close()
        self.processes = Processes(self._workspace, self.limits)

    async def _keep_added_files(self) -> None:
        """Keep files that were added to the workspace since the last step, so that a rewind does not remove them."""
        await self._work.run(lambda: self._files.keep(self.now))
        self._has_begun = True

    async def add_files(self, names: Sequence[str]) -> None:
        """Keep files that a person has put into the workspace, so that they stay even if a step runs that is undone."""
        if self._has_begun:
            await asyncio.to_thread(self._files.add, names)

    def take_loss(self) -> Loss | None:
        """Return which variables were lost since the last call; None for none."""
        loss, self._loss = self._loss, None
        return loss

    def take_lost_files(self) -> list[str]:
        """Return the files that a step which was running when the app ended has changed for good; once."""
        files, self._lost_files = self._lost_files, []
        return files

    async def begin_step(self) -> None:
        """Note that the worker's code is about to run."""
        await self._marking.run(self._files.begin_change)

    async def keep(self) -> None:
        """Make a checkpoint in the background. Returns at once; the next call waits for it."""
        self._holds = self._tree.add()
        self._due = True
        await self._marking.run(self._files.rest)
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(_DELIVERY_SECONDS, self._begin_checkpoint),
            loop.call_later(IDLE_SECONDS, self._end_idle_worker),
        ]

    def _begin_checkpoint(self, *, variables: bool = True) -> None:
        if self._due:
            self._due = False
            self._background = _threads.submit(self._end_step, self.now, variables)

    def _end_step(self, number: int, variables: bool) -> None:
        if variables:
            self._make_checkpoint(number)
        self._files.keep(number)

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
            self._sleep.forget([self.now])
        return await self._restore()

    async def rewind(self, checkpoint: int, *, keep_later: bool) -> list[str]:
        """Go back to a checkpoint, or over to one of another branch.

        Args:
            checkpoint: Its number.
            keep_later: Whether what came after it stays as a branch, or is dropped.

        Returns:
            The files that could not be restored. `take_loss` says what became of the variables.

        Raises:
            SandboxError: There is no such checkpoint in this chat.
        """
        if checkpoint not in self._tree:
            raise SandboxError(f"There is no checkpoint {checkpoint}. It never existed, or a rewind has dropped it.")
        if not self._has_begun:
            return []
        await self._wait_for_background()
        await self._end_worker()
        self._lost_files = []
        if keep_later:
            await self._keep_added_files()
            self._tree.now = checkpoint
        else:
            dropped = self._tree.drop_after(checkpoint)
            self.processes.drop(dropped)
            self._sleep.forget(dropped)
        await self._marking.run(self._files.begin_change)
        lost = await self._restore()
        await asyncio.to_thread(self._files.forget_outdated)
        return lost

    def begin_turn(self) -> None:
        """Mark the newest checkpoint as the end of a turn. Of earlier turns only such checkpoints are kept."""
        self._tree.turn_ends.add(self.now)

    async def keep_variables(self, seconds: float) -> Loss | None:
        """Write the variables of `now` to the history, from a copy of the worker, so that the processes may end.

        Args:
            seconds: The time for it; 0 to write nothing.

        Returns:
            What would be lost if they ended; None for nothing.
        """
        if not self.now:
            return None
        if self.now == self._sleep.checkpoint:
            return self._sleep.lost or None
        if seconds <= 0:
            return "all"
        await self._wait_for_background()
        if self.now not in self.processes.checkpoints or not self._files.lasts:
            return "all"
        await self._end_worker()
        kept = await self._sleep.keep(self.processes, self.now, self.limits, seconds)
        return (self._sleep.lost or None) if kept else "all"

    async def suspend(self) -> None:
        """End all processes. Files and their versions stay; of the variables, what was kept."""
        await self._wait_for_background(variables=False)
        await self._leave_processes()

    async def close(self, *, in_use: bool) -> None:
        """End all processes and drop all versions, unless they last.

        Args:
            in_use: A step is running. It closes the worker itself when it finds it gone.
        """
        self._closed = True
        self._due = self._due and self._files.lasts
        await self._wait_for_background(variables=False)
        await self.processes.close()
        if self._worker and not in_use:
            self._worker.close()
            self._worker = None
        await asyncio.to_thread(self._files.close)

    async def _start_worker(self) -> None:
        """Start a worker from the nearest checkpoint, or else from nothing. Raises SandboxError."""
        try:
            self._worker = await self._wake() or await self._fork_nearest() or await self._spawn()
        finally:
            if self._closed:  # meanwhile
                await self.processes.close()
                raise SandboxError("This sandbox is closed.")

    async def _wake(self) -> WorkerProcess | None:
        """Start a worker with the variables of `now` that were kept; None if none were, or it cannot take them."""
        if self.now != self._sleep.checkpoint or (self.processes.exist and self.now in self.processes.checkpoints):
            return None
        worker, lost = await self._fork_from([0]) or await self._spawn(), self._sleep.lost
        if worker is None:
            return None
        if not await self._sleep.restore(worker, self.processes, self.limits):
            self._forget_bad_variables()
            return None
        made = asyncio.wrap_future(_threads.submit(self._make_checkpoint, self.now))
        is_made = False
        try:
            await run_to_completion(asyncio.wait([made]))
            is_made = self.now in self.processes.checkpoints
        finally:
            if not is_made:  # what was loaded has broken it, or nobody waits any more; no other could start beside it
                await run_to_completion(self.processes.end())
                worker.close()
        if not is_made:
            self._forget_bad_variables()
            return None
        self._holds, self._loss = self.now, lost or None
        return worker

    def _forget_bad_variables(self) -> None:
        """Remove the variables that could not be loaded, unless that was because all processes have ended meanwhile."""
        if self.processes.exist and not self._closed:
            self._sleep.forget([self.now])

    async def _fork_nearest(self) -> WorkerProcess | None:
        """Start a worker from `now`, or the nearest checkpoint before it. Those of other branches are not its past."""
        return await self._fork_from(self._tree.line(self.now))

    async def _fork_from(self, numbers: Iterable[int]) -> WorkerProcess | None:
        """Start a worker from the first of these checkpoints that has a process, and can; None if there is none."""
        if not self.processes.exist or self._folder != identity(self._workspace):
            return None
        for number in [number for number in numbers if number in self.processes.checkpoints]:
            if self._closed:
                return None
            with suppress(SandboxError):
                return self._with_loss(await self.processes.fork_from_checkpoint(number), number)
        return None

    async def _spawn(self) -> WorkerProcess | None:
        await asyncio.to_thread(lambda: probe().require())
        await self.processes.close()
        if self._closed:
            return None
        try:
            self._workspace.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SandboxError(f"The folder for the code cannot be made: {error.strerror}.") from None
        self._folder = identity(self._workspace)
        self.processes = Processes(self._workspace, self.limits)
        return self._with_loss(await self.processes.start(), 0)

    def _with_loss(self, worker: WorkerProcess, number: int) -> WorkerProcess:
        """Note what became of the variables if the worker continues from a checkpoint with this number."""
        self._holds = number
        self._loss = None if number == self.now else "some" if number else "all"
        return worker

    async def _restore(self) -> list[str]:
        """Restore variables, then files: a hostile checkpoint might change files when it continues."""
        with suppress(SandboxError):  # the next step tries again, and raises the error
            await self._start_worker()
        return await asyncio.to_thread(self._files.restore, self.limits)

    async def _end_worker(self) -> None:
        if self._worker:
            await self.processes.end()
            self._worker.close()
            self._worker = None

    async def _wait_for_background(self, *, variables: bool = True) -> None:
        """Wait for the checkpoint that is being made in the background.

        Args:
            variables: Whether one that has yet to begin is of variables too. If not, it is of files only: the processes
                are about to end.
        """
        for timer in self._timers:
            timer.cancel()
        self._begin_checkpoint(variables=variables)
        if self._background:
            await asyncio.wrap_future(self._background)
            self._background = None

    def _make_checkpoint(self, number: int) -> None:
        try:
            self.processes.make_checkpoint(number)
        except SandboxError as error:
            logger.warning("A checkpoint of variables could not be made: %s", error)
        else:
            self._drop_all_but(self._tree.within_last_turns())

    def _drop_all_but(self, needed: set[int]) -> None:
        kept = {*self.processes.checkpoints} - {0}
        self.processes.drop(kept - self._tree.most_needed(kept & needed, MOST_CHECKPOINTS))

    def _end_idle_worker(self) -> None:
        """Keep only the newest checkpoint of each branch. The next step continues from one of them."""
        worker = self._worker
        if self.now in self.processes.checkpoints and worker:
            self._worker = None
            self._background = _threads.submit(self._end_all_but_tips, worker)

    def _end_all_but_tips(self, worker: WorkerProcess) -> None:
        self.processes.end_now()
        worker.close()
        self._drop_all_but(self._tree.tips)
