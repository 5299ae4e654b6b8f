"""The files of a chat through time: a version for each checkpoint, within limits."""

import logging
from collections.abc import Sequence
from pathlib import Path

from agent_core.sandbox.checkpoints.tree import CheckpointTree
from agent_core.sandbox.checkpoints.versions import FileVersions
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.workspace import measure, remove_tree
from agent_core.sandbox.policy import Limits

_MOST_VERSIONS = 30  # for the last steps, for the ends of the last turns, and for the newest of the branches
ALL_FILES = "all files"
logger = logging.getLogger(__name__)


class FileHistory:
    """Keeps the files of a workspace as they were at each checkpoint. Nothing here is for event loops.

    Args:
        workspace: The folder that the code works in.

    Attributes:
        tree: The checkpoints.
    """

    def __init__(self, workspace: Path) -> None:
        self.tree = CheckpointTree()
        self._workspace = workspace
        self._versions = FileVersions(workspace)

    def keep(self, number: int) -> None:
        """Keep the files as they are now as those of a checkpoint."""
        try:
            missing = self._versions.keep(number)
            if missing and self._versions.make_room(missing, self._from_least_to_most_needed(number)):
                self._versions.keep(number)
            self.forget_outdated()
        except OSError as error:
            logger.warning("A checkpoint of files could not be made: %s", error.strerror)

    def add(self, names: Sequence[str]) -> None:
        """Add files that a person has put into the workspace to the version of `now`, even while a step runs."""
        try:
            self._versions.add(self.tree.now, names)
        except OSError as error:
            logger.warning("Added files could not be kept: %s", error.strerror)

    def forget_outdated(self) -> None:
        """Drop the versions that are too many, and those of checkpoints that are gone."""
        self._versions.forget(self._outdated())

    def restore(self, limits: Limits) -> list[str]:
        """Restore the files as they were at `now`. Returns those that could not be restored."""
        try:
            remove_tree(self._workspace / TEMPORARY)
            lost = self._versions.restore(self.tree.now)
            if lost and measure(self._workspace, limits):  # the files that were not kept exceed the limits
                lost = self._versions.restore(self.tree.now, only_kept=True)
        except (KeyError, OSError) as error:
            logger.warning("The files of the workspace could not be restored: %r", error)
            return [ALL_FILES]
        return lost

    def close(self) -> None:
        """Drop all versions."""
        self._versions.close()

    def _outdated(self) -> set[int]:
        """Return the versions that are neither recent, nor the end of a recent turn, nor the newest of a branch."""
        numbers, ends, tips = self.tree.numbers, sorted(self.tree.turn_ends), sorted(self.tree.tips)
        recent = (kept[-_MOST_VERSIONS:] for kept in (numbers, ends, tips))
        return self._versions.numbers - {0, self.tree.now}.union(*recent)

    def _from_least_to_most_needed(self, number: int) -> list[int]:
        """Return all versions: first the old ones, then the newest of each branch, at last the one of this number."""
        tips = self.tree.tips
        return sorted(self._versions.numbers, key=lambda kept: (kept == number, kept in tips, kept))
