"""What a step may take of the disk: its chat's share, and nothing of what others need once the disk is full."""

import errno
import os
import time
from pathlib import Path

from agent_core.disk_space import has_room
from agent_core.sandbox.host.workspace import measure, written_since
from agent_core.sandbox.policy import Limits

_LITTLE = 2**20  # bytes that a step may write to a full disk
_FULL = "The disk of the machine is almost full, so this step may not write so much. Write less, or remove files."
_NO_SPACE = os.strerror(errno.ENOSPC)


class DiskLimits:
    """Watches the disk for one step, from now on.

    Args:
        workspace: The folder that the code works in.
        limits: The chat's limits.
    """

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self._workspace = workspace
        self._limits = limits
        self._began = time.time_ns()

    def excess(self, error: str = "") -> str | None:
        """Return a sentence on the limit that is exceeded; None if none is. Blocks.

        Args:
            error: What the code raised. Where that is a full disk, it has written a file that is not whole.
        """
        if excess := measure(self._workspace, self._limits):
            return excess
        if has_room(self._workspace):
            return None
        allowed = 0 if _NO_SPACE in error else _LITTLE
        return _FULL if written_since(self._workspace, self._began) > allowed else None
