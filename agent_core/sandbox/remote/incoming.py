"""Files that the app sends to a far end, as they come."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.temporary import temporary_folder


class Incoming:
    """Files whose bytes come one after the other.

    Args:
        writers: Each takes the bytes of one file, b"" at its end.

    Attributes:
        whole: Done once all are there; raises what the first writer that failed raised.
        paths: Where they are, if they are in a folder of their own.
    """

    def __init__(self, writers: list[Callable[[bytes], None]]) -> None:
        self.whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.paths: list[Path] = []
        self._writers = writers
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if not writers:
            self.whole.set_result(None)

    @classmethod
    def into_new_folder(cls, names: dict[str, Any]) -> "Incoming":
        """Write files of these names into a folder of their own."""
        folder = temporary_folder("added")
        paths = [Path(folder.name) / name for name in names]
        incoming = cls([_appending(path) for path in paths])
        incoming.paths, incoming._folder = paths, folder
        return incoming

    def write(self, data: bytes) -> None:
        """Take the next bytes. What comes after a failure is not kept."""
        if self.whole.done():
            return
        try:
            self._writers[0](data)
        except (OSError, ValueError) as error:
            self.whole.set_exception(error if isinstance(error, OSError) else GlassboxError(str(error)))
            return
        if not data:
            self._writers.pop(0)
            if not self._writers:
                self.whole.set_result(None)

    def remove(self) -> None:
        """Remove the folder."""
        if self._folder:
            self._folder.cleanup()


def _appending(path: Path) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    return write
