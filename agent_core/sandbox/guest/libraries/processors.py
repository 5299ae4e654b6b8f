"""How many processors there are for a worker: what a container grants, not what the machine has."""

import math
import os
from contextlib import suppress
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MOST = 16  # libraries start as many threads, of which a chat has only so many


def install() -> None:
    """Have os.cpu_count() and polars, which asks the kernel, take the number for true."""
    count = available()
    os.cpu_count = lambda: count
    os.environ["POLARS_MAX_THREADS"] = str(count)


def available() -> int:
    """Return the number of processors that may be used, rounded up; 1 to 16."""
    count = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    for quota, period in (_version_2(), _version_1()):
        if quota > 0 and period > 0:
            count = min(count, quota / period)
    return max(1, min(math.ceil(count), _MOST))


def _version_2() -> tuple[int, int]:
    """Return microseconds in each period of so many; zeros for no limit."""
    with suppress(OSError, ValueError):  # no container, or no limit ("max")
        quota, period = (_CGROUPS / "cpu.max").read_text().split()
        return int(quota), int(period)
    return 0, 0


def _version_1() -> tuple[int, int]:
    """Return microseconds in each period of so many; zeros for no limit."""
    with suppress(OSError, ValueError):
        folder = _CGROUPS / "cpu"
        return int((folder / "cpu.cfs_quota_us").read_text()), int((folder / "cpu.cfs_period_us").read_text())
    return 0, 0
