"""What each system call on files does, when the broker makes it for a worker."""

import errno
import fcntl
import os
import re
from collections.abc import Callable
from typing import NamedTuple

from . import beneath
from .caller import Callers
from .file_paths import FilePaths, read_link, true_path

_AT_FDCWD = -100
_AT_REMOVEDIR, _AT_SYMLINK_FOLLOW = 0x200, 0x400
_CREATES = os.O_CREAT | os.O_TMPFILE ^ os.O_DIRECTORY
_KNOWN = (
    os.O_ACCMODE | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_APPEND | os.O_NONBLOCK | os.O_SYNC | os.O_DSYNC
    | os.O_DIRECT | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NOATIME | os.O_TMPFILE
)  # fmt: skip
_CHANGEABLE = os.O_APPEND | os.O_NONBLOCK | os.O_DIRECT | os.O_NOATIME  # by F_SETFL
_MODES = 0o1777  # nothing that runs with the rights of its owner
_OWN_LINK = rb"/proc/%d/(exe|cwd|fd/[0-9]+)"
_RENAME_FLAGS = (0, 1, 2)  # RENAME_NOREPLACE, RENAME_EXCHANGE


class Opened(NamedTuple):
    """A descriptor for the caller.

    Attributes:
        descriptor: The broker's own, to be closed.
        close_on_exec: Whether the caller asked for O_CLOEXEC.
    """

    descriptor: int
    close_on_exec: bool


Call = Callable[[int, tuple[int, ...]], "Opened | int"]


class FileCalls:
    """Makes the calls of a worker. All errors are OSErrors, for the caller.

    Args:
        paths: Opens what is below the worker's roots.
        callers: Reads what the calls refer to.

    Attributes:
        by_name: The calls by their names. Each takes the thread's id and the six arguments, and returns a descriptor or
            the call's value.
    """

    def __init__(self, paths: FilePaths, callers: Callers) -> None:
        self._paths = paths
        self._callers = callers
        here = _AT_FDCWD
        self.by_name: dict[str, Call] = {
            "open": lambda t, a: self._open(t, here, a[0], a[1], a[2]),
            "creat": lambda t, a: self._open(t, here, a[0], os.O_CREAT | os.O_WRONLY | os.O_TRUNC, a[1]),
            "openat": lambda t, a: self._open(t, a[0], a[1], a[2], a[3]),
            "mkdir": lambda t, a: self._make_folder(t, here, a[0], a[1]),
            "mkdirat": lambda t, a: self._make_folder(t, a[0], a[1], a[2]),
            "rmdir": lambda t, a: self._remove(t, here, a[0], _AT_REMOVEDIR),
            "unlink": lambda t, a: self._remove(t, here, a[0], 0),
            "unlinkat": lambda t, a: self._remove(t, a[0], a[1], a[2]),
            "rename": lambda t, a: self._rename(t, here, a[0], here, a[1], 0),
            "renameat": lambda t, a: self._rename(t, a[0], a[1], a[2], a[3], 0),
            "renameat2": lambda t, a: self._rename(t, a[0], a[1], a[2], a[3], a[4]),
            "link": lambda t, a: self._link(t, here, a[0], here, a[1], 0),
            "linkat": lambda t, a: self._link(t, a[0], a[1], a[2], a[3], a[4]),
            "symlink": lambda t, a: self._make_link(t, a[0], here, a[1]),
            "symlinkat": lambda t, a: self._make_link(t, a[0], a[1], a[2]),
            "truncate": lambda t, a: self._truncate(t, a[0], a[1]),
            "readlink": lambda t, a: self._read_link(t, here, a[0], a[1], a[2]),
            "readlinkat": lambda t, a: self._read_link(t, a[0], a[1], a[2], a[3]),
        }

    def _open(self, thread: int, folder: int, address: int, flags: int, mode: int) -> Opened:
        path = self._callers.path(thread, folder, address)
        if flags & os.O_PATH:  # cannot be given away; one that reads serves as well where that is allowed
            flags &= os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        wanted = flags & _KNOWN
        mode = mode & _MODES if flags & _CREATES else 0
        if flags & _CREATES:
            os.umask(self._callers.umask(thread))
        # Nothing that is opened may keep the broker waiting, or become its terminal.
        opened = self._paths.open_file(path, wanted | os.O_NONBLOCK | os.O_NOCTTY, mode)
        try:
            if not wanted & os.O_NONBLOCK:
                fcntl.fcntl(opened, fcntl.F_SETFL, wanted & _CHANGEABLE)
        except OSError:
            os.close(opened)
            raise
        return Opened(opened, bool(flags & os.O_CLOEXEC))

    def _make_folder(self, thread: int, folder: int, address: int, mode: int) -> int:
        path = self._callers.path(thread, folder, address)
        os.umask(self._callers.umask(thread))
        parent, name = self._paths.open_parent(path, missing=errno.EACCES, existing=errno.EEXIST)
        try:
            os.mkdir(name, mode & _MODES, dir_fd=parent)
        finally:
            os.close(parent)
        return 0

    def _remove(self, thread: int, folder: int, address: int, flags: int) -> int:
        if flags & 0xFFFF_FFFF & ~_AT_REMOVEDIR:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        parent, name = self._paths.open_parent(self._callers.path(thread, folder, address), missing=errno.ENOENT)
        try:
            (os.rmdir if flags & _AT_REMOVEDIR else os.unlink)(name, dir_fd=parent)
        finally:
            os.close(parent)
        return 0

    def _rename(self, thread: int, old_folder: int, old: int, new_folder: int, new: int, flags: int) -> int:
        flags &= 0xFFFF_FFFF
        if flags not in _RENAME_FLAGS:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        old_path = self._callers.path(thread, old_folder, old)
        new_path = self._callers.path(thread, new_folder, new)
        old_parent, old_name = self._paths.open_parent(old_path, missing=errno.ENOENT)
        try:
            new_parent, new_name = self._paths.open_parent(new_path, missing=errno.EACCES)
            try:
                beneath.rename(old_parent, old_name, new_parent, new_name, flags)
            finally:
                os.close(new_parent)
        finally:
            os.close(old_parent)
        return 0

    def _link(self, thread: int, old_folder: int, old: int, new_folder: int, new: int, flags: int) -> int:
        if flags & 0xFFFF_FFFF & ~_AT_SYMLINK_FOLLOW:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        old_path = self._callers.path(thread, old_folder, old)
        new_path = self._callers.path(thread, new_folder, new)
        if flags & _AT_SYMLINK_FOLLOW:
            old_path = true_path(old_path, follow=True)
        old_parent, old_name = self._paths.open_parent(old_path, missing=errno.ENOENT)
        try:
            new_parent, new_name = self._paths.open_parent(new_path, missing=errno.EACCES, existing=errno.EEXIST)
            try:
                # Behind a slash the kernel would follow a link.
                old_name = old_name.rstrip(b"/")
                os.link(old_name, new_name, src_dir_fd=old_parent, dst_dir_fd=new_parent, follow_symlinks=False)
            finally:
                os.close(new_parent)
        finally:
            os.close(old_parent)
        return 0

    def _make_link(self, thread: int, target: int, folder: int, address: int) -> int:
        text = self._callers.text(thread, target)
        path = self._callers.path(thread, folder, address)
        parent, name = self._paths.open_parent(path, missing=errno.EACCES, existing=errno.EEXIST)
        try:
            os.symlink(text, name, dir_fd=parent)
        finally:
            os.close(parent)
        return 0

    def _truncate(self, thread: int, address: int, length: int) -> int:
        if length >> 63:  # negative
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        path = self._callers.path(thread, _AT_FDCWD, address)
        opened = self._paths.open_file(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY, 0)
        try:
            os.ftruncate(opened, length)
        finally:
            os.close(opened)
        return 0

    def _read_link(self, thread: int, folder: int, address: int, buffer: int, size: int) -> int:
        size = (size & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000  # an int
        if size <= 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        path = self._callers.path(thread, folder, address)
        is_own = re.fullmatch(_OWN_LINK % thread, path)
        target = (beneath.link_target(path) if is_own else read_link(path))[:size]
        self._callers.write(thread, buffer, target)
        return len(target)
