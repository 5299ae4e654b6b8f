"""Functions of the C library that Python has none of its own for. They raise OSError if they fail."""

import ctypes
import functools
import os

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 4, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47
CLONE_NEWNS, CLONE_NEWUSER = 0x2_0000, 0x1000_0000


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)  # not at import: Windows has none, and imports the library too


def prctl(option: int, value: int) -> None:
    """Change a property of this process."""
    _check(_libc().prctl(option, value, 0, 0, 0))


def capset(header: bytes, data: bytes) -> None:
    """Set the capabilities of this thread."""
    _check(_libc().capset(header, data))


def unshare(flags: int) -> None:
    """Have this process leave namespaces that it shares, for new ones."""
    _check(_libc().unshare(flags))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount a file system, or change a mount."""
    texts = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    data = None if options is None else options.encode()
    _check(_libc().mount(*texts, ctypes.c_ulong(flags), data))


def umount(target: str, flags: int) -> None:
    """Remove a mount."""
    _check(_libc().umount2(os.fsencode(target), flags))


def system_call(number: int, *arguments: object) -> int:
    """Make a system call. Returns its result."""
    return _check(_libc().syscall(number, *arguments))


def fstatfs(descriptor: int, buffer: ctypes.Array[ctypes.c_char]) -> None:
    """Fill a buffer with what the kernel says of the file system that an open file is on."""
    _check(_libc().fstatfs(descriptor, buffer))


def renameat2(old_folder: int, old: bytes, new_folder: int, new: bytes, flags: int) -> None:
    """Rename a file, as the flags say."""
    _check(_libc().renameat2(old_folder, old, new_folder, new, ctypes.c_uint(flags)))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
