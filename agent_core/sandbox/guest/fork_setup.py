"""What a fresh fork of the zygote does first, whatever it is to become."""

import os
import resource
import signal
from pathlib import Path

from . import libc, wire_format


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends."""
    libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(wire_format.FAILED)


def keep_only(control: int) -> int:
    """Close all descriptors but one and the standard ones; nothing comes from standard input. Returns its new number.

    The number is low, however many descriptors the zygote has: above the limit that is set later, the descriptor could
    not be replaced.
    """
    kept = 10
    if control != kept:
        os.dup2(control, kept, inheritable=False)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.closerange(3, kept)
    os.closerange(kept + 1, 2**16)
    return kept


def own_data() -> int:
    """Return the private writable memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
