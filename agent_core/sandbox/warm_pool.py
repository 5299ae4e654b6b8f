"""A workspace with a confined worker in it, that stand ready for the next chat: so that none waits for its start."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from agent_core.errors import SandboxError
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints
from agent_core.sandbox.policy import Limits

_LATER_SECONDS = 0.05  # after one was taken: its chat's first step comes first


@dataclass(frozen=True)
class PoolSlot:
    """Where a chat's code runs: a temporary folder, and what is made of processes and checkpoints over it."""

    folder: tempfile.TemporaryDirectory[str]
    checkpoints: Checkpoints

    @classmethod
    def make(cls, limits: Limits) -> "PoolSlot":
        """One of which nothing has been started yet."""
        folder = tempfile.TemporaryDirectory(prefix="glassbox-")
        return cls(folder, Checkpoints(Path(folder.name), limits))


class WarmPool:
    """Holds one slot, for chats with the default limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: PoolSlot | None = None
        self._filling = False

    def take(self, limits: Limits) -> PoolSlot:
        """A slot of one's own: the one that stands ready, if there is one and it has these limits."""
        if _lasting(limits) != _lasting(Limits()):
            return PoolSlot.make(limits)
        with self._lock:
            slot, self._ready = self._ready, None
            if not self._filling:
                self._filling = True
                timer = threading.Timer(_LATER_SECONDS, self._fill)
                timer.daemon = True  # an app that ends waits for nobody's next chat
                timer.start()
        return slot or PoolSlot.make(limits)

    def _fill(self) -> None:
        slot = PoolSlot.make(Limits())
        with suppress(SandboxError):  # a chat that meets the same will say so
            asyncio.run(slot.checkpoints.start())
        with self._lock:
            self._ready, self._filling = slot, False


def _lasting(limits: Limits) -> tuple[object, ...]:
    """The limits that hold from a start on; the others are those of each step."""
    return astuple(replace(limits, step_seconds=0, processor_seconds=0))


warm_pool = WarmPool()
