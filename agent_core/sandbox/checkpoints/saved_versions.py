"""Writes versions of a workspace to a folder, so that they outlast the app: a JSON file for each."""

import errno
import json
import logging
from pathlib import Path
from typing import Any

from agent_core.sandbox.checkpoints.saved_tree import replace_file
from agent_core.sandbox.checkpoints.snapshot import Entry, File, Folder, Look, SymbolicLink

_LARGEST = 4 * 2**20  # bytes of one version's JSON: some 25,000 files
logger = logging.getLogger(__name__)


class SavedVersions:
    """The versions in a folder. Contents of files are not in them, only their hashes.

    Args:
        folder: The folder. It is made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[int, int] = {}  # the hash of what was written last

    def load(self) -> dict[int, Folder]:
        """Read all versions. What cannot be read is left out."""
        versions = dict[int, Folder]()
        for path in self._folder.glob("*.json"):
            try:
                version = _read(json.loads(path.read_bytes()))
                if isinstance(version, Folder):
                    versions[int(path.stem)] = version
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                logger.warning("A version of a chat's files cannot be read: %r", error)
        return versions

    def write(self, number: int, version: Folder) -> None:
        """Write a version unless it is the same as before. Raises OSError."""
        data = json.dumps(_written(version), separators=(",", ":")).encode()
        if self._written.get(number) == hash(data):
            return
        if len(data) > _LARGEST:
            raise OSError(errno.EFBIG, "there are too many files")
        replace_file(self._folder / f"{number}.json", data)
        self._written[number] = hash(data)

    def remove(self, number: int) -> None:
        """Remove a version if it is there. Raises OSError."""
        (self._folder / f"{number}.json").unlink(missing_ok=True)
        self._written.pop(number, None)


def _written(entry: Entry) -> Any:
    """Return an entry as JSON has it: a folder as an object, a file as a list, a link as a string."""
    match entry:
        case Folder(mode, entries):
            return {"mode": mode, "entries": {name: _written(inner) for name, inner in entries.items()}}
        case File(look, _, content):
            return [*look, content]
        case SymbolicLink(target):
            return target


def _read(data: Any) -> Entry:
    """Return the entry. Files count as not settled, so that they are read again once."""
    if isinstance(data, dict):
        return Folder(int(data["mode"]), {name: _read(inner) for name, inner in data["entries"].items()})
    if isinstance(data, str):
        return SymbolicLink(data)
    *look, content = data
    if content is not None and not isinstance(content, str):
        raise ValueError("This is no hash.")
    return File(Look(*map(int, look)), False, content)
