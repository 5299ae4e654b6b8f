"""Keeps and restores versions of a workspace's files."""

import os
import stat
import threading
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path

from agent_core.sandbox.checkpoints.blob_store import BlobStore, hash_of
from agent_core.sandbox.checkpoints.saved_versions import SavedVersions
from agent_core.sandbox.checkpoints.snapshot import Entry, File, Folder, Look, Snapshot, SymbolicLink
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.workspace import (
    create_file,
    names_in,
    open_file,
    open_folder,
    permissions,
    remove,
)

_MOST_NAMES = 100
_BLOCK = 2**16  # bytes


class FileVersions:
    """Numbered versions of a workspace's files, without its folder for temporary files. May be called by any thread.

    Nothing may be running in the workspace meanwhile, but for `add`.

    Not kept are pipes and the like, files of more than 64 MB, folders that are nested too deep, and whatever exceeds
    256 MB. That limit applies to one version, and to the contents of all versions, where the same content counts once.

    Args:
        workspace: The folder.
        history: The folder that versions last in, where `save` writes them; None if they end with the app.
    """

    def __init__(self, workspace: Path, history: Path | None = None) -> None:
        self._workspace = str(workspace.resolve())
        self._blobs = BlobStore(history and history / "contents")
        self._saved = SavedVersions(history / "versions") if history else None
        self._versions: dict[int, Folder] = {}
        self._last: Folder | None = None
        self._lock = threading.RLock()  # files may be added while a version is being kept

    @property
    def numbers(self) -> set[int]:
        """The versions that exist."""
        return {*self._versions}

    def load(self, numbers: Container[int]) -> None:
        """Read the versions that were saved; remove those whose numbers are not among these. Raises OSError."""
        if self._saved:
            with self._lock:
                self._blobs.load()
                self._versions = self._saved.load()
                self.forget([number for number in self._versions if number not in numbers])

    def save(self, number: int) -> None:
        """Write a version to the disk, if versions last and there is one. Raises OSError."""
        with self._lock:
            if self._saved and number in self._versions:
                self._saved.write(number, self._versions[number])

    def keep(self, number: int) -> int:
        """Keep the files as they are now. Only those that changed since the last version are read.

        Returns:
            How many bytes there was no room for.
        """
        snapshot = Snapshot(self._blobs)
        with self._lock, open_folder(self._workspace) as folder:
            self._blobs.forget_what_is_gone()
            self._last = snapshot.take(folder, self._last)
            self._versions[number] = self._last
        return snapshot.missing

    def add(self, number: int, names: Sequence[str]) -> None:
        """Add files of the workspace as they are now to a version, if there is such a version.

        Args:
            number: The version.
            names: The files' names. They lie in the workspace itself, in none of its folders.
        """
        with self._lock, open_folder(self._workspace) as folder:
            if not (before := self._versions.get(number)):
                return
            added = Snapshot(self._blobs).entries(folder, names, before.entries)
            self._versions[number] = Folder(before.mode, before.entries | added)
            if self._last is before:
                self._last = self._versions[number]

    def make_room(self, size: int, order: Sequence[int]) -> bool:
        """Remove contents until a new one fits: those first that only the first versions need, never the last one's.

        Args:
            size: Of the new content, in bytes.
            order: The versions, from the least to the most needed one.

        Returns:
            Whether it fits.
        """
        with self._lock:
            versions = [self._versions[number] for number in order]
            needed = {content: place for place, version in enumerate(versions) for content in _contents_of([version])}
            for content in sorted(needed, key=lambda content: needed[content]):
                if self._blobs.has_room(size) or needed[content] == len(order) - 1:
                    break
                self._blobs.remove(content)
            return self._blobs.has_room(size)

    def restore(self, number: int, *, only_kept: bool = False) -> list[str]:
        """Restore a version. Files that are the same stay untouched.

        Args:
            number: The version.
            only_kept: Whether to remove files that changed and were not kept; if not, they stay as they are.

        Returns:
            The names of files that changed or are gone and were not kept; at most 100.

        Raises:
            KeyError: There is no such version.
            OSError: The disk fails.
        """
        restorer = _Restorer(self._blobs, only_kept)
        with self._lock, open_folder(self._workspace) as folder:
            restorer.folder(folder, self._versions[number])
        return restorer.lost

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop these versions, and the contents that no other version needs. Raises OSError."""
        with self._lock:
            for number in numbers:
                self._versions.pop(number, None)
                if self._saved:
                    self._saved.remove(number)
            self._blobs.sweep(set(_contents_of(self._versions.values())))

    def close(self) -> None:
        """Drop all versions, unless they last."""
        self._versions.clear()
        self._last = None
        self._blobs.close()


def _contents_of(folders: Iterable[Folder]) -> Iterator[str]:
    left: list[Entry] = list(folders)
    seen: set[int] = set()  # versions share the folders that did not change
    while left:
        entry = left.pop()
        if isinstance(entry, Folder) and id(entry) not in seen:
            seen.add(id(entry))
            left += entry.entries.values()
        elif isinstance(entry, File) and entry.content:
            yield entry.content


class _Restorer:
    """Restores a folder. Files are created anew, never written to: what has their name now could be anything."""

    def __init__(self, blobs: BlobStore, only_kept: bool) -> None:
        self.lost: list[str] = []
        self._blobs = blobs
        self._only_kept = only_kept

    def folder(self, folder: int, wanted: Folder, path: str = "") -> None:
        mode = stat.S_IMODE(os.fstat(folder).st_mode)
        if mode & 0o700 != 0o700:
            os.fchmod(folder, 0o700)
        names = [name for name in names_in(folder) if path or name != TEMPORARY]
        present = {name: os.stat(name, dir_fd=folder, follow_symlinks=False) for name in names}
        for name in present.keys() - wanted.entries.keys():
            remove(name, folder)
        for name, entry in wanted.entries.items():
            self._entry(name, folder, entry, present.get(name), path + name)
        if permissions(os.fstat(folder).st_mode) != wanted.mode:
            os.fchmod(folder, wanted.mode)

    def _entry(self, name: str, parent: int, wanted: Entry, present: os.stat_result | None, path: str) -> None:
        if isinstance(wanted, Folder):
            if present is None or not stat.S_ISDIR(present.st_mode):
                if present:
                    remove(name, parent)
                os.mkdir(name, dir_fd=parent)
            with open_folder(name, parent) as folder:
                self.folder(folder, wanted, f"{path}/")
        elif present and self._same(name, parent, wanted, present):
            pass
        elif isinstance(wanted, File) and not self._blobs.holds(wanted.content):
            self._not_kept(name, parent, wanted.look, present, path)
        else:
            if present:
                remove(name, parent)
            try:
                self._create(name, parent, wanted)
            except OSError:  # the disk is full: half a file would pass for a whole one
                with suppress(FileNotFoundError):
                    remove(name, parent)
                self._lose(path)

    def _not_kept(self, name: str, parent: int, look: Look, present: os.stat_result | None, path: str) -> None:
        if present and (self._only_kept or stat.S_IFMT(present.st_mode) != stat.S_IFMT(look.mode)):
            remove(name, parent)
        self._lose(path)

    def _lose(self, path: str) -> None:
        if len(self.lost) < _MOST_NAMES:
            self.lost.append(os.fsencode(path).decode(errors="replace"))

    def _same(self, name: str, parent: int, wanted: File | SymbolicLink, present: os.stat_result) -> bool:
        if isinstance(wanted, SymbolicLink):
            return stat.S_ISLNK(present.st_mode) and os.readlink(name, dir_fd=parent) == wanted.target
        look = Look.of(present)
        if look == wanted.look and (wanted.settled or wanted.content is None):
            return True
        if wanted.content is None:
            return False
        if (look.mode, look.size, look.modified) != (wanted.look.mode, wanted.look.size, wanted.look.modified):
            return False
        with open_file(name, parent) as source:
            return hash_of(source) == wanted.content

    def _create(self, name: str, parent: int, wanted: File | SymbolicLink) -> None:
        if isinstance(wanted, SymbolicLink):
            os.symlink(wanted.target, name, dir_fd=parent)
        elif wanted.content:
            with create_file(name, parent) as copy, self._blobs.open(wanted.content) as source:
                _copy_sparsely(source, copy)
                os.fchmod(copy.fileno(), permissions(wanted.look.mode))
                os.utime(copy.fileno(), ns=(wanted.look.modified, wanted.look.modified))


def _copy_sparsely(source: BufferedReader, copy: BufferedWriter) -> None:
    """Copy a file with holes for zeros, so that a sparse file takes no more space than before."""
    while block := source.read(_BLOCK):
        if block.count(0) == len(block):
            copy.seek(len(block), os.SEEK_CUR)
        else:
            copy.write(block)
    copy.truncate()
    copy.flush()
