"""Takes privileges from this process, and limits what it may use of the machine. Nothing here can be undone."""

import errno
import resource
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .. import libc

_AMBIENT_CLEAR = 4
_CAPABILITY_VERSION = 0x2008_0522
_LAST_CAPABILITY = 63


def forbid_new_privileges() -> None:
    """Keep any program that is run from gaining privileges. Raises OSError."""
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Drop root's capabilities, for this process and all its descendants."""
    with suppress(OSError):
        libc.prctl(libc.PR_CAP_AMBIENT, _AMBIENT_CLEAR)
    for capability in range(_LAST_CAPABILITY + 1):
        with suppress(OSError):  # only root can do this, and only root has something to drop
            libc.prctl(libc.PR_CAPBSET_DROP, capability)
    try:
        libc.capset(struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24))
    except OSError as error:
        raise OSError(error.errno, f"The capabilities could not be dropped: {error.strerror}") from None


def limit_resources(limits: Mapping[str, int]) -> None:
    """Set the limits that the kernel enforces by itself.

    Args:
        limits: The chat's Limits as a dict.

    Raises:
        OSError: Some limits could not be set; it names them. All others are set.
    """
    memory = limits["memory_mb"] * 2**20
    size, data = _own_memory()
    bounds = {
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
        "NICE": 0,
        "RTPRIO": 0,
        "SIGPENDING": 1024,
        "NOFILE": 256,
        "FSIZE": limits["disk_mb"] * 2**20,
        "DATA": data + memory + memory // 8,
        "AS": size + 2 * memory + 2**30,
    }
    refused: dict[str, Exception] = {}
    for name, bound in bounds.items():
        try:
            _limit(getattr(resource, f"RLIMIT_{name}"), bound)
        except (OSError, ValueError) as error:  # Python turns EPERM into a ValueError
            refused[name] = error
    if refused:
        raise OSError(errno.EPERM, f"These limits could not be set: {', '.join(refused)}") from refused.popitem()[1]


def _limit(name: int, bound: int) -> None:
    most = resource.getrlimit(name)[1]
    bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
    resource.setrlimit(name, (bound, bound))


def _own_memory() -> tuple[int, int]:
    """Return the address space and the private writable memory of this process, in bytes."""
    pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()
