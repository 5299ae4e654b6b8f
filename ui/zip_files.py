"""All files of a workspace as one ZIP file, made while it is sent."""

import asyncio
import time
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import BinaryIO

from agent_core import GlassboxError, Limits
from agent_core.execution import ListedFile

_PIECE = 256 * 1024
_OLDEST = 315_532_800  # 1980, in seconds since 1970: before it, there is no time in a ZIP file
_LATEST = 4_354_819_199  # 2107
_QUICKLY = 1  # of the levels of compression


async def zip_pieces(
    files: Sequence[ListedFile], open_file: Callable[[str], Awaitable[BinaryIO]]
) -> AsyncGenerator[bytes, None]:
    """Yield a ZIP file in pieces. What is gone meanwhile is left out; of no file comes more than it held when listed.

    Args:
        files: What is to be in it.
        open_file: Opens a file of the workspace; raises GlassboxError if it is gone.
    """
    out = _Pieces()
    with zipfile.ZipFile(out, "w") as archive:
        for listed in files:
            try:
                source = await open_file(listed.note.name)
            except GlassboxError:
                continue
            with source, archive.open(_entry(listed), "w", force_zip64=True) as entry:
                left = listed.note.size
                while left and (piece := await asyncio.to_thread(source.read, min(left, _PIECE))):
                    left -= len(piece)
                    await asyncio.to_thread(entry.write, piece)
                    yield out.take()
    yield out.take()


def fits(files: Sequence[ListedFile], limits: Limits) -> bool:
    """Return whether they can be one ZIP file: sparse files may hold more than the disk space that a chat may take."""
    return sum(file.note.size for file in files) <= limits.disk_mb * 2**20


class _Pieces:
    """What has been written and not been taken yet."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nowhere to write to."""

    def close(self) -> None:
        """Do nothing; what was written can still be taken."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _entry(listed: ListedFile) -> zipfile.ZipInfo:
    """Return the head of a file. Windows takes a backslash for the end of a folder's name, code may mean it to."""
    written = time.gmtime(min(max(listed.modified, _OLDEST), _LATEST))
    entry = zipfile.ZipInfo(listed.note.name.replace("\\", "_"), written[:6])
    entry.compress_type, entry._compresslevel = zipfile.ZIP_DEFLATED, _QUICKLY  # pyright: ignore
    return entry
