"""Temporary folders, all of them in one of this program's own, so that the next start can remove what a kill leaves.

The program holds a lock on its folder for as long as it lives: a folder that nobody holds is a killed program's. Ask
`own_folder` for the place whenever a temporary folder is made, as it may have been removed meanwhile.
"""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PREFIX = "glassbox-app-"


class _OwnFolder:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._held = -1  # a descriptor with a lock on it
        self._owner = (0, 0)  # the process that made it, and as which user

    def path(self) -> Path:
        """Return the folder; make it, or make it again if it is gone. Raises OSError."""
        with self._lock:
            if self._path is None or self._owner != _owner():
                self._path, self._owner = self._make(), _owner()
            elif not self._is_there(self._path):
                self._make_again(self._path)
            return self._path

    def remove(self) -> None:
        """Remove the folder, with all that is left in it."""
        if self._path and self._owner == _owner():
            shutil.rmtree(self._path, ignore_errors=True)

    def _make(self) -> Path:
        """Make a folder, which has its name only once it is held."""
        made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}"))
        self._hold(made)
        return made.rename(made.with_name(made.name[1:]))

    def _make_again(self, path: Path) -> None:
        """Make the folder that was removed, under its name: others may have it by that. Raises OSError."""
        with suppress(FileExistsError):  # somebody has made it again already
            path.mkdir(mode=0o700)
        before = self._held
        self._hold(path)
        os.close(before)

    def _hold(self, path: Path) -> None:
        held = _opened(path)
        with suppress(OSError):  # not every file system has locks
            _lock(held)
        self._held = held

    def _is_there(self, path: Path) -> bool:
        try:
            return os.path.samestat(path.lstat(), os.fstat(self._held))
        except FileNotFoundError:
            return False


def _owner() -> tuple[int, int]:
    return os.getpid(), os.geteuid()


def _opened(path: Path) -> int:
    """Open a folder of this user's, never through a link. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if os.fstat(folder).st_uid != os.geteuid():
        os.close(folder)
        raise PermissionError(f"{path} belongs to another user.")
    return folder


_own = _OwnFolder()
atexit.register(_own.remove)


def own_folder() -> Path:
    """Return the folder for all temporary ones of this program. Raises OSError if it cannot be made."""
    return _own.path()


def remove_own_folder() -> None:
    """Remove this program's folder, with all that is left in it. At an orderly exit this happens by itself."""
    _own.remove()


def temporary_folder(name: str) -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder.

    Args:
        name: What its name begins with.

    Raises:
        OSError: It cannot be made.
    """
    return tempfile.TemporaryDirectory(prefix=f"{name}-", dir=own_folder(), ignore_cleanup_errors=True)


def remove_leftovers(remove: Callable[[Path], None]) -> None:
    """Remove the folders of programs that were killed; none of another user, and none through a link.

    Args:
        remove: Removes a folder with everything in it. May raise OSError.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, no folder, or held by a program that lives
            folder = _opened(path)
            try:
                _lock(folder)
                remove(path)
            finally:
                os.close(folder)


def _lock(folder: int) -> None:
    """Raise OSError if another process has locked it."""
    import fcntl  # not on Windows, where the library is imported too

    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
