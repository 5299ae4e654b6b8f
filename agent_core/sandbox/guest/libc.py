"""Functions of the C library that Python has none of its own for. They raise OSError if they fail."""

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 4, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47
CLONE_NEWNS, CLONE_NEWUSER = 0x2_0000, 0x1000_0000
_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    """Change a property of this process."""
    _check(_libc.prctl(option, value, 0, 0, 0))


def capset(header: bytes, data: bytes) -> None:
    """Set the capabilities of this thread."""
    _check(_libc.capset(header, data))


def unshare(flags: int) -> None:
    """Have this process leave namespaces that it shares, for new ones."""
    _check(_libc.unshare(flags))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount a file system, or change a mount."""
    texts = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    data = None if options is None else options.encode()
    _check(_libc.mount(*texts, ctypes.c_ulong(flags), data))


def umount(target: str, flags: int) -> None:
    """Remove a mount."""
    _check(_libc.umount2(os.fsencode(target), flags))


def system_call(number: int, *arguments: object) -> int:
    """Make a system call. Returns its result."""
    return _check(_libc.syscall(number, *arguments))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
