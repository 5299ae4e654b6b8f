"""Takes snapshots of a folder tree: each file's status, and the hash under which its content is kept."""

import errno
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from agent_core.sandbox.checkpoints.blob_store import CAPACITY, BlobStore
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.workspace import DEEPEST, names_in, open_file, open_folder, permissions

LARGEST_FILE = 64 * 2**20  # bytes
_LONGEST_LINK = 1000  # bytes; links are kept in memory
# File times advance with the kernel's tick, 10 ms at most: a file that has just changed may change again without a new
# time.
_TICK_NS = 50_000_000


class Look(NamedTuple):
    """The status of a file that shows, without reading it, whether it has changed.

    Attributes:
        mode: Its type and permissions.
        size: In bytes.
        modified: When its content changed, in nanoseconds.
        inode: Its inode.
        changed: When its content or status changed, in nanoseconds.
    """

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
    """Anything that is neither a symbolic link nor a folder.

    Attributes:
        look: Its status.
        settled: Whether the same look later means the same content.
        content: The hash of its content; None if it is not kept.
    """

    look: Look
    settled: bool
    content: str | None


@dataclass(frozen=True, slots=True)
class SymbolicLink:
    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with its entries. A tree, because a list of paths would take far more memory for deep folders."""

    mode: int
    entries: dict[str, "Entry"]


Entry = File | SymbolicLink | Folder


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Ignore that an entry is gone, or has become something else, meanwhile."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        if error.errno != errno.ELOOP:  # a link
            raise


class Snapshot:
    """Takes a snapshot. Files with the same look as in the last one are not read again.

    Args:
        blobs: Keeps the contents of files.

    Attributes:
        missing: How many bytes there was no room for among the blobs.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self.missing = 0
        self._blobs = blobs
        self._left = CAPACITY  # bytes that may still be read, so that even sparse files do not take long
        self._settled = time.time_ns() - _TICK_NS

    def take(self, folder: int, before: Entry | None, depth: int = 0) -> Folder:
        """Return the snapshot of a folder.

        Args:
            folder: The folder's descriptor.
            before: Its last snapshot. Unchanged parts of the result are the same objects.
            depth: How deep it is in the workspace.
        """
        known = before.entries if isinstance(before, Folder) else {}
        names = [name for name in names_in(folder) if depth or name != TEMPORARY]
        now = Folder(permissions(os.fstat(folder).st_mode), self.entries(folder, names, known, depth))
        return before if isinstance(before, Folder) and now == before else now

    def entries(
        self, folder: int, names: Sequence[str], known: Mapping[str, Entry], depth: int = 0
    ) -> dict[str, Entry]:
        """Return the snapshots of some of a folder's entries.

        Args:
            folder: The folder's descriptor.
            names: The entries' names.
            known: The folder's last snapshot.
            depth: How deep the folder is in the workspace.
        """
        entries = dict[str, Entry]()
        for name in names:
            with _unless_gone():
                entries[name] = self._entry(name, folder, known.get(name), depth + 1)
        return entries

    def _entry(self, name: str, parent: int, before: Entry | None, depth: int) -> Entry:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) and depth <= DEEPEST:
            with suppress(PermissionError), open_folder(name, parent) as folder:  # it may belong to another user
                return self.take(folder, before, depth)
        if stat.S_ISLNK(status.st_mode) and status.st_size <= _LONGEST_LINK:
            return SymbolicLink(os.readlink(name, dir_fd=parent))
        look = Look.of(status)
        if not stat.S_ISREG(status.st_mode) or look.size > min(LARGEST_FILE, self._left):
            return File(look, look.changed < self._settled, None)
        self._left -= look.size
        if isinstance(before, File) and before.look == look and before.settled:
            if before.content in self._blobs:
                return before
            if not self._blobs.has_room(look.size):  # reading it again would give the same result
                self.missing += look.size
                return before
        return self._read(name, parent, look)

    def _read(self, name: str, parent: int, look: Look) -> File:
        content = None
        # If it is another user's, or the disk is full, the version is kept without it, and `restore` says so.
        with suppress(OSError), open_file(name, parent) as source:
            look = Look.of(os.fstat(source.fileno()))
            content = self._blobs.add(source)
            self.missing += 0 if content else look.size
        return File(look, look.changed < self._settled, content)
