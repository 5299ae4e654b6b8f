"""The files of a chat through time: a version for each checkpoint, within limits."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from agent_core.sandbox.checkpoints.saved_tree import SavedTree
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
        history: The folder that the checkpoints and versions last in; None if they end with the app.

    Attributes:
        tree: The checkpoints.
    """

    def __init__(self, workspace: Path, history: Path | None) -> None:
        self._workspace = workspace
        self._versions = FileVersions(workspace, history)
        self._saved = SavedTree(history) if history else None
        self.tree, self._interrupted = self._saved.load() if self._saved else (CheckpointTree(), False)

    @property
    def lasts(self) -> bool:
        """Whether the versions last when the app ends."""
        return self._saved is not None

    @property
    def has_versions(self) -> bool:
        """Whether any version exists."""
        return bool(self._versions.numbers)

    def load(self, limits: Limits, stands_at: int) -> list[str]:
        """Go on after the app has ended: undo the step that was running then, if one was.

        Args:
            limits: The chat's limits.
            stands_at: The checkpoint that the chat's record stands at. Where the files are not those of it or of a
                later step, the app ended while the chat went back, and the files go where the record is.

        Returns:
            The files that are not as they were after the last step that ended.
        """
        if not self._saved:
            return []
        try:
            self._workspace.mkdir(parents=True, exist_ok=True)
            self._versions.load(self.tree)
            if stands_at in self.tree and stands_at not in self.tree.line(self.tree.now):
                self.tree.now, self._interrupted = stands_at, True
        except OSError as error:
            logger.warning("The versions of a chat's files cannot be read: %s", error.strerror)
        return self.restore(limits) if self._interrupted else []

    def begin_change(self) -> None:
        """Write down that the files begin to change: if the app ends before they rest, they go back to `now`."""
        if self._saved:
            self._saved.mark(self.tree, running=True)

    def rest(self) -> None:
        """Write down that the files are those of `now`."""
        if self._saved:
            self._saved.mark(self.tree, running=False)

    def keep(self, number: int) -> None:
        """Keep the files as they are now as those of a checkpoint."""
        try:
            missing = self._versions.keep(number)
            if missing and self._versions.make_room(missing, self._from_least_to_most_needed(number)):
                self._versions.keep(number)
            self._versions.save(number)
        except OSError as error:
            logger.warning("A checkpoint of files could not be made: %s", error.strerror)
        self.forget_outdated()

    def add(self, names: Sequence[str]) -> None:
        """Add files that a person has put into the workspace to the version of `now`, even while a step runs."""
        try:
            self._versions.add(self.tree.now, names)
            self._versions.save(self.tree.now)
        except OSError as error:
            logger.warning("Added files could not be kept: %s", error.strerror)

    def forget_outdated(self) -> None:
        """Drop the versions that are too many, and those of checkpoints that are gone."""
        try:
            if self._saved:
                self._saved.save(self.tree)
            self._versions.forget(self._outdated())
        except OSError as error:
            logger.warning("The checkpoints of a chat could not be written: %s", error.strerror)

    def restore(self, limits: Limits) -> list[str]:
        """Restore the files as they were at `now`, where they rest. Returns those that could not be restored."""
        try:
            remove_tree(self._workspace / TEMPORARY)
            lost = self._versions.restore(self.tree.now)
            if lost and measure(self._workspace, limits):  # the files that were not kept exceed the limits
                lost = self._versions.restore(self.tree.now, only_kept=True)
        except (KeyError, OSError) as error:
            logger.warning("The files of the workspace could not be restored: %r", error)
            lost = [ALL_FILES]
        self.rest()
        return lost

    def bring_back(self, limits: Limits) -> list[str]:
        """Make the workspace anew, which somebody has removed, with the files of the nearest version that there is.

        Returns:
            The files that are gone, or are not as they were last.
        """
        try:
            self._workspace.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.warning("The folder of a chat cannot be made anew: %s", error.strerror)
            return [ALL_FILES]
        kept = next((number for number in self.tree.line(self.tree.now) if number in self._versions.numbers), None)
        if kept == self.tree.now:
            return self.restore(limits)
        with suppress(KeyError, OSError):
            self._versions.restore(-1 if kept is None else kept)
        return [ALL_FILES] if self.has_versions else []

    def close(self) -> None:
        """Drop all versions, unless they last."""
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
