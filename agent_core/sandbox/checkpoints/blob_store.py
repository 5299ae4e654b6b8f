"""Stores the contents of files, each once, under its hash."""

import hashlib
import tempfile
from collections.abc import Container
from io import BufferedReader
from pathlib import Path

from agent_core.disk_space import has_room
from agent_core.temporary import temporary_folder

CAPACITY = 256 * 2**20  # bytes on disk, all contents together
_NEW = "new"  # what a content is called while it is being copied
_BLOCK = 4096  # bytes; sizes on disk are multiples of it


def hash_of(source: BufferedReader) -> str:
    """Return the hash of everything that can be read."""
    return hashlib.file_digest(source, _new_hash).hexdigest()


def _new_hash() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=32)


class BlobStore:
    """Copies of contents in a folder that is made when it is first needed. What does not fit is not kept.

    Args:
        folder: The folder, in which they last; None for a temporary one.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._sizes: dict[str, int] = {}  # hash to bytes on the disk
        self._taken = 0

    def load(self) -> None:
        """Find what is in a folder that lasts. What was being copied when the app ended is removed. Raises OSError."""
        for path in self._folder.iterdir() if self._folder and self._folder.exists() else ():
            if path.name == _NEW:
                path.unlink()
            else:
                self._note(path.name, path.stat().st_size)

    def __contains__(self, content: str | None) -> bool:
        return content in self._sizes

    def holds(self, content: str | None) -> bool:
        """Return whether a content is there also on the disk, which somebody may have cleared."""
        return content is not None and content in self and self._path(content).exists()

    def forget_what_is_gone(self) -> None:
        """Notice that the whole folder is gone, so that what is still needed is kept anew."""
        if self._sizes and not self._path("").exists():
            self._sizes.clear()
            self._taken = 0

    def has_room(self, size: int) -> bool:
        """Return whether a new content of so many bytes fits."""
        fits = self._taken + _on_disk(size) <= CAPACITY
        return fits and (self._folder is None or has_room(self._folder, size))

    def add(self, source: BufferedReader) -> str | None:
        """Keep everything that can be read, and return its hash; None if it does not fit."""
        content = hash_of(source)
        size = source.tell()
        if content in self:
            return content
        if not self.has_room(size):
            return None
        source.seek(0)
        content, size = self._copy(source, size)
        self._note(content, size)
        return content

    def _note(self, content: str, size: int) -> None:
        if content not in self:
            self._sizes[content] = _on_disk(size)
            self._taken += _on_disk(size)

    def _copy(self, source: BufferedReader, most: int) -> tuple[str, int]:
        """Copy what the source holds now, which may have changed since it was hashed. Returns its hash and size."""
        path, digest, left = self._path(_NEW), _new_hash(), most
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with path.open("wb") as copy:
                while left and (block := source.read(min(left, 2**20))):
                    digest.update(block)
                    copy.write(block)
                    left -= len(block)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        path.rename(self._path(digest.hexdigest()))
        return digest.hexdigest(), most - left

    def open(self, content: str) -> BufferedReader:
        """Open the content with this hash."""
        return self._path(content).open("rb")

    def sweep(self, needed: Container[str]) -> None:
        """Remove all contents whose hashes are not needed."""
        for content in [content for content in self._sizes if content not in needed]:
            self.remove(content)

    def remove(self, content: str) -> None:
        """Remove a content if it is there."""
        if content in self:
            self._path(content).unlink(missing_ok=True)
            self._taken -= self._sizes.pop(content)

    def close(self) -> None:
        """Remove everything, unless it is to last."""
        self._sizes.clear()
        self._taken = 0
        if self._temporary:
            self._temporary.cleanup()
            self._temporary = self._folder = None

    def _path(self, name: str) -> Path:
        if self._folder is None:
            self._temporary = temporary_folder("versions")
            self._folder = Path(self._temporary.name)
        return self._folder / name


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
