"""Reads from /proc what a process uses. Each function raises OSError if the process is gone."""

import os
import stat
from pathlib import Path

_ON_LINUX = hasattr(os, "sysconf")  # elsewhere the library can be imported, too
_PAGE = os.sysconf("SC_PAGE_SIZE") if _ON_LINUX else 1
_TICKS = os.sysconf("SC_CLK_TCK") if _ON_LINUX else 1
_BLOCK = 512  # bytes, the unit of st_blocks
_LONGEST_MAP = 2**23  # bytes of /proc/PID/maps that are read


def resident(pid: int) -> int:
    """Return the bytes in memory, shared ones included (RSS). Quick, and never less than `proportional`."""
    return int(_read(pid, "statm").split()[1]) * _PAGE


def proportional(pid: int) -> int:
    """Return the bytes in memory or swap, shared ones divided by the number of their users (PSS)."""
    lines = [line.split() for line in _read(pid, "smaps_rollup").splitlines()]
    return sum(int(line[1]) * 1024 for line in lines if line[0] in ("Pss:", "SwapPss:"))


def processor_seconds(pid: int) -> float:
    """Return the processor time of all threads since the process began, in seconds."""
    fields = _stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def threads(pid: int) -> int:
    return int(_stat_fields(pid)[17])


def has_lost_main_thread(pid: int) -> bool:
    """Whether the main thread has ended while others run. Memory is read through the main thread."""
    fields = _stat_fields(pid)
    return fields[0] == "Z" and int(fields[17]) > 1


def parent(pid: int) -> int:
    return int(_stat_fields(pid)[1])


def children(pid: int) -> list[int]:
    """Return the ids of the processes that the main thread forked. Raises OSError if the kernel does not list them."""
    return [int(child) for child in _read(pid, f"task/{pid}/children").split()]


def session(pid: int) -> int:
    return int(_stat_fields(pid)[3])


def exit_status(pid: int) -> int:
    """Return the wait status of a process that has ended and has not been reaped yet, as `os.waitpid` would."""
    return int(_stat_fields(pid)[49])


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def unlinked_files(pid: int) -> dict[tuple[int, int], int]:
    """Return the open files that are unlinked: (device, inode) to bytes on disk."""
    found = {}
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            status = descriptor.stat()
        except OSError:  # closed meanwhile
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
            found[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
    return found


def unlinked_mappings(pid: int) -> set[tuple[bytes, ...]]:
    """Return the mapped files that are unlinked, as (device, inode). The kernel does not say how large they are."""
    with Path(f"/proc/{pid}/maps").open("rb") as file:
        lines = file.read(_LONGEST_MAP).split(b"\n")  # a name may hold anything but a line feed
    return {tuple(line.split(maxsplit=5)[3:5]) for line in lines if line.endswith(b" (deleted)")}


def open_memory(thread: int, group: int) -> int:
    """Return a descriptor of the memory of a thread's process, which must be of a process group."""
    folder = os.open(
        f"/proc/{thread}", os.O_RDONLY | os.O_DIRECTORY
    )  # it stays this thread's, whatever id another gets
    try:
        with os.fdopen(os.open("stat", os.O_RDONLY, dir_fd=folder), encoding="latin-1") as file:
            if int(_fields(file.read())[2]) != group:
                raise ProcessLookupError
        return os.open("mem", os.O_RDWR, dir_fd=folder)
    finally:
        os.close(folder)


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text("latin-1")  # a process can call itself anything


def _stat_fields(pid: int) -> list[str]:
    return _fields(_read(pid, "stat"))


def _fields(stat: str) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on. The second one, a name, may hold anything."""
    return stat.rpartition(") ")[2].split()
