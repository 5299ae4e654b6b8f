"""Handles the files of a workspace safely, although hostile code may have put anything there."""

import os
import random
import stat
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from uuid import uuid4

from agent_core.sandbox.policy import Limits

DEEPEST = 100  # folders within folders
_DEEPEST_SHOWN = 10


def measure(workspace: Path, limits: Limits) -> str | None:
    """Return a sentence on the limit that the workspace exceeds; None if it exceeds none. Code may be running in it.

    What counts is the space taken on disk: the holes of a sparse file do not count, and a file with several names
    counts once.
    """
    files = size = 0
    counted: set[tuple[int, int]] = set()
    with closing(_walk(str(workspace.resolve()))) as entries:
        for depth, status in entries:
            files += 1
            if status.st_nlink == 1 or (status.st_dev, status.st_ino) not in counted:
                size += status.st_blocks * 512
            if status.st_nlink > 1:
                counted.add((status.st_dev, status.st_ino))
            if size > limits.disk_mb * 2**20:
                return f"The files in the workspace take more than the {limits.disk_mb} MB they may take."
            if files > limits.files:
                return f"The workspace holds more than the {limits.files} files and folders it may hold."
            if depth > DEEPEST and stat.S_ISDIR(status.st_mode):
                return f"The folders in the workspace are nested deeper than the {DEEPEST} levels they may have."
    return None


def written_since(workspace: Path, moment: int) -> int:
    """Return how many bytes of the disk the files take that were written since a moment, in nanoseconds since 1970."""
    with closing(_walk(str(workspace.resolve()))) as entries:
        statuses = (status for depth, status in entries if depth <= DEEPEST and stat.S_ISREG(status.st_mode))
        return sum(status.st_blocks * 512 for status in statuses if status.st_ctime_ns >= moment)


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one of the same name; None if it is gone."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _walk(name: str, parent: int | None = None, depth: int = 1) -> Generator[tuple[int, os.stat_result], None, None]:
    """Yield the depth and the status of everything in a folder. The caller must stop if it gets too deep."""
    try:
        folder = open_without_atime(name, parent)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # gone or replaced meanwhile, or another user's, which the code cannot write to either
    try:
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield depth, status
                if stat.S_ISDIR(status.st_mode):
                    folders.append(entry.name)
        random.shuffle(folders)  # so that code cannot move files to folders that have just been measured
        for inner in folders:
            yield from _walk(inner, folder, depth + 1)
    finally:
        os.close(folder)


def plain_files(name: str, parent: int | None = None, path: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the regular files of a workspace, by their names relative to it, that are a person's business.

    Hidden ones are not, nor caches, names that cannot be printed, and what is nested deeper than anybody looks. Links
    are not followed. Code may be running in it.

    Args:
        name: The workspace's path; in a call for a folder within, that folder's name.
        parent: The descriptor of the folder that it is in; None for a path.
        path: What the names begin with.
    """
    try:
        folder = open_without_atime(name, parent)
    except OSError:
        return  # gone or replaced meanwhile
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__pycache__" or not entry.name.isprintable():
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield path + entry.name, status
                    elif stat.S_ISDIR(status.st_mode) and path.count("/") < _DEEPEST_SHOWN:
                        yield from plain_files(entry.name, folder, f"{path}{entry.name}/")
    finally:
        os.close(folder)


def remove_tree(path: Path) -> None:
    """Remove a folder and everything in it, unless it is gone already. Nothing may be running in it."""
    if os.path.lexists(path):
        remove(str(path))


def remove(name: str, parent: int | None = None) -> None:
    """Remove a file, a link or a folder tree, however deep. Nothing may be running in it.

    Args:
        name: Its name.
        parent: The descriptor of the folder that it is in; None for a path.
    """
    if _unlinked(name, parent):
        return
    with _writable(name, parent) as folder:
        left = names_in(folder)
        while left:
            inner = left.pop()
            if not _unlinked(inner, folder):
                left += _move_up(inner, folder)
                os.rmdir(inner, dir_fd=folder)
    os.rmdir(name, dir_fd=parent)


def _move_up(name: str, parent: int) -> list[str]:
    """Empty a folder by moving its folders up beside it, so that no tree is too deep. Returns their new names."""
    moved = []
    with _writable(name, parent) as folder:
        for inner in names_in(folder):
            if not _unlinked(inner, folder):
                with _writable(inner, folder):  # a folder has to be writable to be moved
                    moved.append(uuid4().hex)
                    os.rename(inner, moved[-1], src_dir_fd=folder, dst_dir_fd=parent)
    return moved


def _unlinked(name: str, parent: int | None) -> bool:
    """Remove a file or link. Returns False if it is a folder."""
    try:
        os.unlink(name, dir_fd=parent)
    except IsADirectoryError:
        return False
    return True


@contextmanager
def _writable(name: str, parent: int | None) -> Iterator[int]:
    """Open a folder and make it writable."""
    with open_folder(name, parent) as folder:
        os.fchmod(folder, 0o700)
        yield folder


@contextmanager
def open_folder(name: str, parent: int | None = None) -> Iterator[int]:
    """Open a folder and yield its descriptor.

    Args:
        name: Its name.
        parent: The descriptor of the folder that it is in; None for a path.

    Raises:
        OSError: It is not a folder, or is a link.
    """
    folder = _open(name, parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        os.close(folder)


def open_file(name: str, parent: int) -> BufferedReader:
    """Open a file for reading. Raises OSError if it is a link. Does not block if it is a pipe."""
    return os.fdopen(_open(name, parent, os.O_RDONLY | os.O_NONBLOCK), "rb")


def create_file(name: str, parent: int) -> BufferedWriter:
    """Create a file and open it for writing. Raises FileExistsError if the name is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(name, flags, 0o600, dir_fd=parent), "wb")


def names_in(folder: int) -> list[str]:
    """Return the names in an open folder."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def open_without_atime(name: str, parent: int | None) -> int:
    """Open a folder without changing its access time, if it belongs to the app's user."""
    flags = os.O_RDONLY | os.O_DIRECTORY
    try:
        return _open(name, parent, flags | os.O_NOATIME)
    except PermissionError:  # it is another user's
        return _open(name, parent, flags)


def permissions(mode: int) -> int:
    """Return the permission bits of a mode, without setuid, setgid and sticky."""
    return mode & 0o777


def _open(name: str, parent: int | None, flags: int) -> int:
    """Open a file or folder, never through a link. If its owner, the app's user, lacks access, grant it first."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=parent)
    except PermissionError:
        pass
    handle = os.open(name, flags | os.O_NOFOLLOW | os.O_PATH, dir_fd=parent)
    try:
        itself = f"/proc/self/fd/{handle}"  # the name could refer to another file by now
        unlocked = 0o700 if flags & os.O_DIRECTORY else 0o600
        Path(itself).chmod(stat.S_IMODE(os.fstat(handle).st_mode) | unlocked)
        return os.open(itself, flags)
    finally:
        os.close(handle)
