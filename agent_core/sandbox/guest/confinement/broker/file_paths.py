"""Opens what a path of a worker names, if it lies below a root.

A path is tried as it is spelled first, which takes one call where no link leads out of the root. Else the kernel says
where it truly leads, and that path is tried in the same way: what it said may be out of date by then, and does no harm.
"""

import errno
import os
import stat
from typing import NoReturn

from . import beneath
from .roots import Root, Roots

_MOST_LINKS = 40  # as the kernel has it
_CREATES_NEW = os.O_CREAT | os.O_EXCL


class _Elsewhere(Exception):
    """A path, as it is spelled, does not stay below a root that allows what is asked for."""


class FilePaths:
    """Opens files and folders below the roots. Paths are absolute; all errors are OSErrors, as the kernel gives them.

    Args:
        roots: What may be read and written.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def open_file(self, path: bytes, flags: int, mode: int) -> int:
        """Open a file or folder, or make it. Returns its descriptor."""
        try:
            return self._open(path, flags, mode)
        except _Elsewhere:
            pass
        if flags & os.O_CREAT and path.endswith(b"/"):  # no file can be meant
            _true_folder(_split(path)[0])
            raise _error(errno.EISDIR)
        is_name = flags & os.O_NOFOLLOW or flags & _CREATES_NEW == _CREATES_NEW
        follow = not is_name or path.endswith(b"/")  # behind a slash the kernel always follows
        try:
            return self._open(true_path(path, follow=follow), flags, mode)
        except _Elsewhere:
            missing = errno.EACCES if flags & os.O_CREAT else errno.ENOENT
            _refuse(path, missing, errno.EACCES if follow or not flags & os.O_CREAT else errno.EEXIST, follow=follow)

    def open_parent(self, path: bytes, *, missing: int, existing: int = errno.EACCES) -> tuple[int, bytes]:
        """Open the folder that something is made, renamed or removed in.

        Args:
            path: The path of that something. If its last name is a link, the link is meant.
            missing: The errno to refuse with if that is outside, and does not exist.
            existing: The errno to refuse with if that is outside, and exists.

        Returns:
            A descriptor of the folder, which belongs to the workspace, and the name in it.
        """
        head, name = _split(path)
        try:
            return self._open_folder(head), name
        except _Elsewhere:
            pass
        try:
            return self._open_folder(_true_folder(head)), name
        except _Elsewhere:
            _refuse(path, missing, existing, follow=False)

    def _open(self, path: bytes, flags: int, mode: int) -> int:
        root, rest = self._find(path)
        if not root.writable:
            if _changes(flags) or flags & _CREATES_NEW == _CREATES_NEW:
                raise _Elsewhere
            flags &= ~os.O_CREAT  # what exists may still be read
            mode = 0
        if not root.is_folder:
            return _open_single(root, path, rest, flags)
        try:
            return beneath.open_beneath(root.handle, rest or b".", flags, mode)
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise _Elsewhere from None
            raise

    def _open_folder(self, path: bytes) -> int:
        root, rest = self._find(path)
        if not (root.writable and root.is_folder):
            raise _Elsewhere
        try:
            return beneath.open_beneath(root.handle, rest or b".", beneath.O_PATH_FOLDER)
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise _Elsewhere from None
            raise

    def _find(self, path: bytes) -> tuple[Root, bytes]:
        if found := self._roots.find(path):
            return found
        raise _Elsewhere


def read_link(path: bytes) -> bytes:
    """Return where a link leads. Any may be read but those that tell of processes, as Landlock has it, too."""
    handle = beneath.open_handle(path, os.O_NOFOLLOW, magic_links=False)
    try:
        if beneath.is_of_processes(handle):
            raise _error(errno.EACCES)
        if not stat.S_ISLNK(os.fstat(handle).st_mode):
            raise _error(errno.EINVAL)
        return os.readlink(b"", dir_fd=handle)
    finally:
        os.close(handle)


def true_path(path: bytes, *, follow: bool) -> bytes:
    """Return a path that leads to the same place without links. What it names need not exist.

    Args:
        path: An absolute path.
        follow: Whether to follow a link that is its last name.
    """
    for _ in range(_MOST_LINKS):
        head, name = _split(path)
        if name in (b".", b"..") or (follow and name.endswith(b"/")):
            return _true_folder(path)
        folder, target = _look_up(head, name if follow else b"")
        if not target:
            return _joined(folder, name)
        path = _joined(folder, target)
    raise _error(errno.ELOOP)


def _changes(flags: int) -> bool:
    """Whether opening with these flags can change or make anything but a file of that name."""
    return bool(flags & os.O_ACCMODE != os.O_RDONLY or flags & os.O_TRUNC or flags & os.O_TMPFILE == os.O_TMPFILE)


def _open_single(root: Root, path: bytes, rest: bytes, flags: int) -> int:
    """Open a root that is a file."""
    if rest or path.endswith(b"/"):
        raise _error(errno.ENOTDIR)
    if flags & _CREATES_NEW == _CREATES_NEW:
        raise _error(errno.EEXIST)
    return beneath.reopen(root.handle, flags & ~(os.O_CREAT | os.O_NOFOLLOW))


def _look_up(head: bytes, name: bytes) -> tuple[bytes, bytes]:
    """Return the true path of a folder, and where a name in it leads, if that is a link."""
    handle = beneath.open_handle(head, os.O_DIRECTORY)
    try:
        return beneath.place_of(handle), os.readlink(name, dir_fd=handle) if name else b""
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):  # no link
            return beneath.place_of(handle), b""
        raise
    finally:
        os.close(handle)


def _true_folder(path: bytes) -> bytes:
    return _look_up(path, b"")[0]


def _split(path: bytes) -> tuple[bytes, bytes]:
    """Return the path of the folder, and the last name with the slashes behind it, which mean that it is a folder."""
    plain = path.rstrip(b"/")
    head, _, name = plain.rpartition(b"/")
    return head or b"/", (name or b".") + path[len(plain) :][:1]


def _joined(folder: bytes, path: bytes) -> bytes:
    return path if path[:1] == b"/" else folder.rstrip(b"/") + b"/" + path


def _refuse(path: bytes, missing: int, existing: int, *, follow: bool) -> NoReturn:
    """Raise the error for what is outside. Whether it exists is no secret: a worker may ask for that anywhere."""
    try:
        os.close(beneath.open_handle(path, 0 if follow else os.O_NOFOLLOW))
    except FileNotFoundError:
        raise _error(missing) from None
    raise _error(existing)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
