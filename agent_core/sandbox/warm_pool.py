"""Keeps a workspace with a confined worker ready, so that the next chat does not wait for one to start."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints
from agent_core.sandbox.policy import Limits

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
        """Make a slot without starting any process."""
        folder = tempfile.TemporaryDirectory(prefix="glassbox-")
        return cls(folder, Checkpoints(Path(folder.name), limits))


class WarmPool:
    """Holds one slot, for chats with the default limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: PoolSlot | None = None
        self._filling = False

    def take(self, limits: Limits) -> PoolSlot:
        """Return a slot: the one that is ready, if there is one and it has these limits, or else a new one."""
        if _lasting(limits) != _lasting(Limits()):
            return PoolSlot.make(limits)
        with self._lock:
            slot, self._ready = self._ready, None
            if not self._filling:
                self._filling = True
                timer = threading.Timer(_REFILL_SECONDS, self._fill)
                timer.daemon = True  # so that it does not keep the app from ending
                timer.start()
        return slot or PoolSlot.make(limits)

    def _fill(self) -> None:
        slot = PoolSlot.make(Limits())
        with suppress(SandboxError):  # a chat with the same problem will report it
            asyncio.run(slot.checkpoints.start())
        with self._lock:
            self._ready, self._filling = slot, False


def _lasting(limits: Limits) -> tuple[object, ...]:
    """Return the limits that apply from the start of the processes on, without those of each step."""
    return astuple(replace(limits, step_seconds=0, processor_seconds=0))


warm_pool = WarmPool()
