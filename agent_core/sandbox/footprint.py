"""What all sandboxes of this program take up together."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent_core.sandbox.guest import measure
from agent_core.sandbox.host.zygote_process import zygote


@dataclass(frozen=True)
class SandboxFootprint:
    """The processes of sandboxes.

    Attributes:
        processes: How many there are, the one that all are forked from included.
        memory: Their memory in bytes, what they share counted once (PSS).
    """

    processes: int = 0
    memory: int = 0


def sandbox_footprint() -> SandboxFootprint:
    """Measure the processes of all sandboxes of this program. Reads some files for each process, so blocks a little."""
    process = zygote.process
    if process is None:
        return SandboxFootprint()
    sizes = [size for size in map(_memory_in, _processes(process.pid)) if size is not None]
    return SandboxFootprint(len(sizes), sum(sizes))


def app_memory() -> int:
    """Return the memory of this process in bytes (PSS)."""
    return _memory_in(os.getpid()) or 0


def _processes(session: int) -> list[int]:
    """Return the processes of the zygote's session, which none of them can leave."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it is gone
                if measure.session(int(entry.name)) == session:
                    found.append(int(entry.name))
    return found


def _memory_in(pid: int) -> int | None:
    """Return a process's memory; all that it shares included where the kernel does not say more. None if it is gone."""
    with suppress(OSError):
        return measure.proportional(pid)
    with suppress(OSError):
        return measure.resident(pid)
    return None
