"""Keeps a workspace with a confined worker ready, so that the next chat does not wait for one to start."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints
from agent_core.sandbox.policy import Limits
from agent_core.temporary import temporary_folder

_REFILL_SECONDS = 0.05  # after a slot was taken: its chat's first step comes first


@dataclass(frozen=True)
class PoolSlot:
    """A place for a chat's code to run in.

    Attributes:
        folder: The workspace.
        checkpoints: Its processes and checkpoints.
    """

    folder: tempfile.TemporaryDirectory[str]
    checkpoints: Checkpoints

    @classmethod
    def make(cls, limits: Limits) -> "PoolSlot":
        """Make a slot without starting any process. Raises SandboxError if there is no place for it."""
        try:
            folder = temporary_folder("chat")
        except OSError as error:
            raise SandboxError(f"The folder for the code cannot be made: {error.strerror}.") from None
        return cls(folder, Checkpoints(Path(folder.name), limits))

    def suits(self, limits: Limits) -> bool:
        """Whether it is there, and the kernel holds its processes to these limits; others apply from each step on."""
        held, wanted = self.checkpoints.limits.highest, limits.highest
        is_there = Path(self.folder.name).is_dir() and self.checkpoints.processes.exist
        return is_there and (held.memory_mb, held.disk_mb) == (wanted.memory_mb, wanted.disk_mb)

    def discard(self) -> None:
        """End its processes, and remove its folder. Not for event loops."""
        asyncio.run(self.checkpoints.close(in_use=False))
        self.folder.cleanup()


class WarmPool:
    """Holds one slot, which suits the last chat that took one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: PoolSlot | None = None
        self._wanted = Limits()
        self._filling = False

    def take(self, limits: Limits) -> PoolSlot:
        """Return a slot: the one that is ready, if there is one and it suits, or else a new one."""
        with self._lock:
            self._wanted = limits
            slot = self._ready if self._ready and self._ready.suits(limits) else None
            if slot:
                self._ready = None
            if not self._filling:
                self._filling = True
                timer = threading.Timer(_REFILL_SECONDS, self._fill)
                timer.daemon = True  # so that it does not keep the app from ending
                timer.start()
        if slot:
            slot.checkpoints.limits = limits
        return slot or PoolSlot.make(limits)

    def _fill(self) -> None:
        slot = None
        with suppress(SandboxError):  # a chat with the same problem will report it
            slot = PoolSlot.make(self._wanted)
            asyncio.run(slot.checkpoints.start())
        with self._lock:
            unsuited, self._ready, self._filling = self._ready, slot, False
        if unsuited:
            unsuited.discard()


warm_pool = WarmPool()
