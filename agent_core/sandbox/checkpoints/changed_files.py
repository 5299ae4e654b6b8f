"""Finds the files of a workspace that a step has created or changed."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agent_core.execution import FileNote
from agent_core.sandbox.checkpoints.quick_work import QuickWork
from agent_core.sandbox.checkpoints.snapshot import Look
from agent_core.sandbox.host.workspace import open_without_atime

MOST = 50  # files that are reported
_DEEPEST = 10  # nested folders


class ChangedFiles:
    """Compares the files before and after a step, without hidden ones, caches, and names that cannot be printed.

    Args:
        workspace: The folder that the code works in.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._before: dict[str, Look] = {}
        self._work = QuickWork()

    async def begin(self) -> None:
        """Scan the files before a step."""
        self._before = await self._scan()

    async def end(self) -> tuple[FileNote, ...]:
        """Scan the files after the step. Returns those created or changed: at most MOST, sorted by name."""
        after = await self._scan()
        changed = sorted(name for name, look in after.items() if self._before.get(name) != look)
        return tuple(FileNote.of(name, after[name].size) for name in changed[:MOST])

    async def _scan(self) -> dict[str, Look]:
        name = str(self._workspace.resolve())
        return await self._work.run(lambda: dict(_files(name)))


def _files(name: str, parent: int | None = None, path: str = "", depth: int = 0) -> Iterator[tuple[str, Look]]:
    """Yield the regular files in a folder by their names relative to the workspace. Links are not followed."""
    try:
        folder = open_without_atime(name, parent)
    except OSError:
        return  # gone or replaced meanwhile
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__pycache__" or not entry.name.isprintable():
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield path + entry.name, Look.of(status)
                    elif stat.S_ISDIR(status.st_mode) and depth < _DEEPEST:
                        yield from _files(entry.name, folder, f"{path}{entry.name}/", depth + 1)
    finally:
        os.close(folder)
