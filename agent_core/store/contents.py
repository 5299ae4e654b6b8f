"""Large texts and pictures of chats, as files beside the database, each content once in a chat."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

LARGE = 8_000  # characters of a text that becomes a file
_GONE = "(This part of the chat was removed from the disk.)"
_MARK = "@"  # begins a text that stands for a file; a text of its own that begins so gets a second one
_STANDS_FOR_FILE = re.compile(r"@[0-9a-f]{64}")


class Contents:
    """The files of one chat, in a folder that is made when it is first needed.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def move_out(self, value: Any) -> Any:
        """Return a JSON value in which large texts are replaced by what stands for their files. Raises OSError."""
        match value:
            case str():
                if len(value) > LARGE:
                    return _MARK + self._write(value.encode("utf-8", "surrogatepass"))
                return _MARK + value if value.startswith(_MARK) else value
            case list():
                return [self.move_out(item) for item in value]
            case dict():
                return {name: self.move_out(item) for name, item in value.items()}
            case _:
                return value

    def move_in(self, value: Any) -> Any:
        """Return the JSON value that `move_out` was given. Raises OSError."""
        match value:
            case str() if value.startswith(_MARK * 2):
                return value[1:]
            case str() if _STANDS_FOR_FILE.fullmatch(value):
                return self._read(value[1:])
            case list():
                return [self.move_in(item) for item in value]
            case dict():
                return {name: self.move_in(item) for name, item in value.items()}
            case _:
                return value

    def _read(self, name: str) -> str:
        """Return a content, or a sentence where somebody has removed its file: the rest of the chat can be read."""
        try:
            return (self._folder / name).read_bytes().decode("utf-8", "surrogatepass")
        except FileNotFoundError:
            return _GONE

    def _write(self, content: bytes) -> str:
        """Write a content unless it is there. It is whole under its name, whatever ends the program meanwhile."""
        name = hashlib.sha256(content).hexdigest()
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            new = self._folder / f"{name}.new"
            try:
                with new.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                new.rename(path)
            except OSError:
                new.unlink(missing_ok=True)  # it would only fill a full disk
                raise
        return name
