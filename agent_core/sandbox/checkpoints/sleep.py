"""Lets a chat's variables outlast its processes: a copy of the worker writes them, and a new worker reads them."""

import logging
from collections.abc import Container
from pathlib import Path

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.saved_variables import SavedVariables
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.variable_transfer import VariableTransfer
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.policy import Limits

logger = logging.getLogger(__name__)


class Sleep:
    """The variables of one checkpoint of a chat, as they lie in its history.

    Args:
        workspace: The folder that the code works in.
        history: The folder of the history; None if nothing outlasts the processes.
    """

    def __init__(self, workspace: Path, history: Path | None) -> None:
        self._workspace = workspace
        self._saved = SavedVariables(history / "sleep") if history else None

    @property
    def checkpoint(self) -> int | None:
        """The checkpoint whose variables are kept; None if none are."""
        return self._saved.checkpoint if self._saved else None

    @property
    def lost(self) -> tuple[str, ...]:
        """The names of its variables that could not be kept."""
        return self._saved.lost if self._saved else ()

    async def keep(self, processes: Processes, checkpoint: int, limits: Limits, seconds: float) -> bool:
        """Keep the variables of a checkpoint that has a process. No worker may be running.

        Args:
            processes: The processes of the chat.
            checkpoint: The checkpoint.
            limits: What its code may use.
            seconds: The time for it.

        Returns:
            Whether they are kept. `lost` says which are not.
        """
        if self._saved is None:
            return False
        try:
            with self._saved.begin() as file:
                worker = await processes.fork_from_checkpoint(checkpoint)
                lost = await VariableTransfer(worker, processes, self._workspace, limits).take(file, seconds)
            if lost is not None:
                self._saved.finish(checkpoint, lost)
        except (SandboxError, OSError) as error:
            logger.warning("The variables of an idle chat could not be kept: %s", error)
        if self.checkpoint != checkpoint:
            self._saved.remove()
        return self.checkpoint == checkpoint

    async def restore(self, worker: WorkerProcess, processes: Processes, limits: Limits) -> bool:
        """Give a new worker the variables. If it cannot take them, it is ended.

        Returns:
            Whether it has them.
        """
        assert self._saved is not None
        try:
            with self._saved.open() as file:
                return await VariableTransfer(worker, processes, self._workspace, limits).give(file)
        except OSError as error:
            logger.warning("The variables of a sleeping chat cannot be read: %s", error.strerror)
            await processes.end()
            worker.close()
            return False

    def forget(self, checkpoints: Container[int | None]) -> None:
        """Remove the variables if they are those of one of these checkpoints."""
        if self._saved and self.checkpoint is not None and self.checkpoint in checkpoints:
            self._saved.remove()
