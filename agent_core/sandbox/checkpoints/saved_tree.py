"""Keeps a chat's checkpoint tree on disk, so that it outlasts the app."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from agent_core.sandbox.checkpoints.tree import CheckpointTree

_MARK = re.compile(r"(\d+)-(\d+)\.(running|resting)")
logger = logging.getLogger(__name__)


class _Stored(BaseModel):
    now: int
    last: int
    parents: dict[int, int]
    turn_ends: list[int]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file at once: whatever happens meanwhile, it is as before or as it should be. Raises OSError.

    Its folder is made if it is gone.
    """
    new = path.with_name("new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        new.write_bytes(data)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


class SavedTree:
    """A tree that is written to a folder.

    Where the chat stands is not in the tree's file but in the name of an empty one, the mark: when a step begins and
    ends it is renamed, which is quick, cannot be half done, and needs no space on a disk that is full.

    Args:
        folder: The folder. It is made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "checkpoints.json"
        self._written = b""
        self._mark: Path | None = None

    def load(self) -> tuple[CheckpointTree, bool]:
        """Return the tree, and whether a step was running when the app ended.

        If the tree's file cannot be read, the numbers go on all the same.
        """
        tree, running = self._read(), False
        for mark, now, last, state in sorted(self._marks(), key=lambda mark: mark[2]):
            self._mark, running = mark, state == "running"
            if now in tree:
                tree.now = now
            else:  # the step ended, and the app did before the tree was written
                tree.add(now)
            tree.last = max(tree.last, last)
        return tree, running

    def mark(self, tree: CheckpointTree, *, running: bool) -> None:
        """Write down where the chat stands, and whether its files are being changed."""
        before = self._mark
        self._mark = self._folder / f"{tree.now}-{tree.last}.{'running' if running else 'resting'}"
        try:
            if before and before.exists():
                before.rename(self._mark)
            else:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._mark.touch()
        except OSError as error:
            logger.warning("Where the chat stands could not be written down: %s", error.strerror)

    def save(self, tree: CheckpointTree) -> None:
        """Write the tree unless it is the same as before. Raises OSError."""
        stored = _Stored(now=tree.now, last=tree.last, parents=tree.parents, turn_ends=sorted(tree.turn_ends))
        data = stored.model_dump_json().encode()
        if data != self._written:
            replace_file(self._file, data)
            self._written = data

    def _read(self) -> CheckpointTree:
        try:
            return CheckpointTree.of(**dict(_Stored.model_validate_json(self._file.read_bytes())))
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            logger.warning("The chat's checkpoints cannot be read, and begin anew: %r", error)
        return CheckpointTree()

    def _marks(self) -> Iterator[tuple[Path, int, int, str]]:
        for path in self._folder.glob("*-*.r*"):
            if found := _MARK.fullmatch(path.name):
                yield path, int(found[1]), int(found[2]), found[3]
