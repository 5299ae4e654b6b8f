"""What a worker may read and write, as descriptors that were opened before it ran any code."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from . import beneath


@dataclass(frozen=True)
class Root:
    """A folder with all that is in it, or a file.

    Attributes:
        handle: Its descriptor, opened with O_PATH.
        is_folder: Whether it is a folder.
        writable: Whether it may be changed.
    """

    handle: int
    is_folder: bool
    writable: bool


class Roots:
    """The roots of one worker.

    Args:
        readable: Paths that may be read; those that do not exist are left out.
        devices: Files that may be read and written.
        workspace: The folder that may be read and written.

    Raises:
        OSError: There is no workspace.
    """

    def __init__(self, readable: Iterable[str], devices: Iterable[str], workspace: str) -> None:
        self._roots: dict[bytes, Root] = {}
        for path in readable:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                self._add(path, writable=False)
        for path in devices:
            self._add(path, writable=True)
        self._add(workspace, writable=True)

    def find(self, path: bytes) -> tuple[Root, bytes] | None:
        """Return the innermost root that a path names, by its text, and what is behind it; None if there is none."""
        end = len(path)
        while end > 0:
            if root := self._roots.get(path[:end]):
                return root, path[end:].lstrip(b"/")
            end = path.rfind(b"/", 0, end)
        return None

    def _add(self, path: str, *, writable: bool) -> None:
        handle = beneath.open_handle(os.fsencode(path))
        root = Root(handle, stat.S_ISDIR(os.fstat(handle).st_mode), writable)
        for name in (os.fsencode(os.path.normpath(path)), beneath.place_of(handle)):
            if writable or name not in self._roots:
                self._roots[name] = root
