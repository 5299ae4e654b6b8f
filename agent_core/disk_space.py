"""How full a disk is. What is left for the database and the like is kept free of people's and chats' files."""

import errno
import os
from pathlib import Path

RESERVE = 200 * 2**20  # bytes that new files leave free, on a small disk a part of it
_PART = 20  # of a small disk, one in so many
_FILES = 1_000  # that can still be made, at least
FULL = (
    "The disk of the machine that runs this is almost full, so it takes no more files."
    " Delete chats or files that are no longer needed, or tell who runs it."
)


def has_room(folder: Path | str, size: int = 0) -> bool:
    """Return whether a disk takes so many more bytes without its reserve.

    Args:
        folder: Where they are to be written; it need not exist yet.
        size: In bytes.
    """
    disk = _status(Path(folder))
    if disk is None:
        return True  # writing will say what is wrong
    reserve = min(RESERVE, disk.f_blocks * disk.f_frsize // _PART)
    files_left = disk.f_favail if disk.f_files else _FILES  # some file systems do not count them
    return disk.f_bavail * disk.f_frsize - size >= reserve and files_left >= min(_FILES, disk.f_files // _PART)


def is_full(error: BaseException) -> bool:
    """Return whether an error says that the disk takes no more."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _status(folder: Path) -> os.statvfs_result | None:
    for place in (folder, *folder.parents):
        try:
            return os.statvfs(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
