"""A folder and all in it at one moment: what each file looks like, and under which hash its content is kept."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from agent_core.sandbox.checkpoints.blob_store import CAPACITY, BlobStore
from agent_core.sandbox.host.workspace import DEEPEST, names_in, open_file, open_folder, permissions

TEMPORARY = ".tmp"  # at the top of the workspace: the worker's folder for temporary files, which is left out
LARGEST_FILE = 64 * 2**20  # bytes
_LONGEST_LINK = 1000  # bytes; links are kept in memory
# A file's times move with the kernel's tick, 10 ms at most: what has just changed may change again without showing it.
_TICK_NS = 50_000_000


class Look(NamedTuple):
    """What tells, without reading it, whether a file has changed."""

    mode: int
    size: int
    modified: int
    inode: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Look":
        return cls(status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class File:
    """Anything that is not below. settled: whether its look can be trusted. content: its hash, None if not kept."""

    look: Look
    settled: bool
    content: str | None


@dataclass(frozen=True, slots=True)
class SymbolicLink:
    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A tree of names, not a list of paths: a hundred folders deep, paths would take a hundred times the memory."""

    mode: int
    entries: dict[str, "Entry"]


Entry = File | SymbolicLink | Folder


@contextmanager
def _unless_gone() -> Iterator[None]:
    """What is gone or has become something else meanwhile is left out."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        if error.errno != errno.ELOOP:  # a link
            raise


class Snapshot:
    """Takes one. Files that look as they did before are not read again."""

    def __init__(self, contents: BlobStore) -> None:
        self._blobs = contents
        self._left = CAPACITY  # so that neither reading nor restoring it takes long, even if it is all holes
        self._settled = time.time_ns() - _TICK_NS

    def take(self, folder: int, before: Entry | None, depth: int = 0) -> Folder:
        """What is in an open folder. before: what was there the last time; what did not change is the same object."""
        known = before.entries if isinstance(before, Folder) else {}
        names = [name for name in names_in(folder) if depth or name != TEMPORARY]
        entries = dict[str, Entry]()
        for name in names:
            with _unless_gone():
                entries[name] = self._entry(name, folder, known.get(name), depth + 1)
        now = Folder(permissions(os.fstat(folder).st_mode), entries)
        return before if isinstance(before, Folder) and now == before else now

    def _entry(self, name: str, parent: int, before: Entry | None, depth: int) -> Entry:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) and depth <= DEEPEST:
            with suppress(PermissionError), open_folder(name, parent) as folder:  # it may be another user's
                return self.take(folder, before, depth)
        if stat.S_ISLNK(status.st_mode) and status.st_size <= _LONGEST_LINK:
            return SymbolicLink(os.readlink(name, dir_fd=parent))
        look = Look.of(status)
        if not stat.S_ISREG(status.st_mode) or look.size > min(LARGEST_FILE, self._left):
            return File(look, look.changed < self._settled, None)
        self._left -= look.size
        if isinstance(before, File) and before.look == look and before.settled and self._still_holds(before):
            return before
        return self._read(name, parent, look)

    def _still_holds(self, file: File) -> bool:
        """Whether reading it again would come to the same."""
        return file.content in self._blobs or (file.content is None and not self._blobs.has_room(file.look.size))

    def _read(self, name: str, parent: int, look: Look) -> File:
        content = None
        # Another user's file, or no room left on the disk: the version is kept without it, and `restore` says so.
        with suppress(OSError), open_file(name, parent) as source:
            look = Look.of(os.fstat(source.fileno()))
            content = self._blobs.add(source)
        return File(look, look.changed < self._settled, content)
