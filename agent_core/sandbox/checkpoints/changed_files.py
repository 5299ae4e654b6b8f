"""Finds the files of a workspace that a step has created or changed."""

from pathlib import Path

from agent_core.execution import FileNote
from agent_core.sandbox.checkpoints.quick_work import QuickWork
from agent_core.sandbox.checkpoints.snapshot import Look
from agent_core.sandbox.host.workspace import plain_files

MOST = 50  # files that are reported


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
        return await self._work.run(lambda: {file: Look.of(status) for file, status in plain_files(name)})
