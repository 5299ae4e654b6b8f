"""System calls on paths that Python has no function for."""

import ctypes
import errno
import os
import struct

from ... import libc

O_PATH_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_OPENAT2 = 437  # on every architecture
_HOW = struct.Struct("QQQ")
_SIZE = ctypes.c_size_t(_HOW.size)
_NO_MAGIC_LINKS, _BENEATH = 0x02, 0x08
_AT_FDCWD = -100
_MOST_TRIES = 64  # each fails only if something was renamed at that moment, which a worker can do for ever
_PROC = 0x9FA0  # statfs: a process file system


def open_beneath(folder: int, path: bytes, flags: int, mode: int = 0) -> int:
    """Open what lies below a folder, whatever links, ".." and other threads do meanwhile.

    Args:
        folder: A descriptor of the folder.
        path: A path relative to it.
        flags: As for open(2); only known ones.
        mode: As for open(2); 0 for what makes no file.

    Raises:
        OSError: EXDEV if the path leads out of the folder, EACCES if something kept being renamed; else the kernel's.
    """
    how = _HOW.pack(flags | os.O_CLOEXEC, mode, _BENEATH | _NO_MAGIC_LINKS)
    for _ in range(_MOST_TRIES):
        try:
            return libc.system_call(_OPENAT2, folder, path, how, _SIZE)
        except BlockingIOError:  # the kernel cannot tell whether a ".." stayed inside
            pass
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def open_handle(path: bytes, flags: int = 0, *, magic_links: bool = True) -> int:
    """Return a descriptor that says where a path leads, and allows nothing else (O_PATH).

    Args:
        path: An absolute path.
        flags: O_DIRECTORY or O_NOFOLLOW.
        magic_links: Whether to go through the links that a process file system has instead of paths.
    """
    how = _HOW.pack(os.O_PATH | os.O_CLOEXEC | flags, 0, 0 if magic_links else _NO_MAGIC_LINKS)
    return libc.system_call(_OPENAT2, _AT_FDCWD, path, how, _SIZE)


def reopen(handle: int, flags: int) -> int:
    """Open the very file that a handle stands for."""
    return open_any(b"/proc/self/fd/%d" % handle, flags)


def open_any(path: bytes, flags: int) -> int:
    """Open a file wherever it is: never for a worker, and never with a path of its choice."""
    return libc.system_call(_OPENAT2, _AT_FDCWD, path, _HOW.pack(flags | os.O_CLOEXEC, 0, 0), _SIZE)


def place_of(handle: int) -> bytes:
    """Return the path of what a descriptor stands for, without links; OSError if it has none."""
    path = link_target(b"/proc/self/fd/%d" % handle)
    if path[:1] != b"/":
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return path


def link_target(path: bytes) -> bytes:
    """Return where a link leads, as it says."""
    return os.readlink(path)  # noqa: PTH115 - a Path has no bytes


def is_of_processes(handle: int) -> bool:
    """Whether a descriptor is of a process file system, whose links tell of other processes."""
    buffer = ctypes.create_string_buffer(256)
    libc.fstatfs(handle, buffer)
    return ctypes.c_long.from_buffer(buffer).value == _PROC


def rename(old_folder: int, old: bytes, new_folder: int, new: bytes, flags: int) -> None:
    """Rename, with the flags of renameat2(2)."""
    libc.renameat2(old_folder, old, new_folder, new, flags)
