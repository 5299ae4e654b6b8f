"""Keeps and restores versions of a workspace's files. Nothing may be running in the workspace meanwhile."""

import os
import stat
from collections.abc import Iterable, Iterator
from io import BufferedReader, BufferedWriter
from pathlib import Path

from agent_core.sandbox.checkpoints.blob_store import BlobStore, hash_of
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
    """Numbered versions of a workspace's files, without its folder for temporary files.

    Not kept are pipes and the like, files of more than 64 MB, folders that are nested too deep, and whatever exceeds
    256 MB. That limit applies to one version, and to the contents of all versions, where the same content counts once.

    Args:
        workspace: The folder.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = str(workspace.resolve())
        self._blobs = BlobStore()
        self._versions: dict[int, Folder] = {}
        self._last: Folder | None = None

    def keep(self, number: int) -> None:
        """Keep the files as they are now. Only those that changed since the last version are read."""
        with open_folder(self._workspace) as folder:
            self._last = Snapshot(self._blobs).take(folder, self._last)
        self._versions[number] = self._last

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
        with open_folder(self._workspace) as folder:
            restorer.folder(folder, self._versions[number])
        return restorer.lost

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop these versions, and the contents that no other version needs."""
        for number in numbers:
            self._versions.pop(number, None)
        self._blobs.sweep(set(_contents_of(self._versions.values())))

    def close(self) -> None:
        """Drop all versions."""
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
        elif isinstance(wanted, File) and wanted.content is None:
            self._not_kept(name, parent, wanted.look, present, path)
        elif present is None or not self._same(name, parent, wanted, present):
            if present:
                remove(name, parent)
            self._create(name, parent, wanted)

    def _not_kept(self, name: str, parent: int, look: Look, present: os.stat_result | None, path: str) -> None:
        if present and Look.of(present) == look:
            return
        if present and (self._only_kept or stat.S_IFMT(present.st_mode) != stat.S_IFMT(look.mode)):
            remove(name, parent)
        if len(self.lost) < _MOST_NAMES:
            self.lost.append(os.fsencode(path).decode(errors="replace"))

    def _same(self, name: str, parent: int, wanted: File | SymbolicLink, present: os.stat_result) -> bool:
        if isinstance(wanted, SymbolicLink):
            return stat.S_ISLNK(present.st_mode) and os.readlink(name, dir_fd=parent) == wanted.target
        look = Look.of(present)
        if look == wanted.look and wanted.settled:
            return True
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
