"""What the machine carries, or what the app's container may have of it."""

import math
import os
from contextlib import suppress
from pathlib import Path

_CONTAINER = Path("/sys/fs/cgroup")  # its limits, by Linux's control groups (version 2)
_RUNS_PER_PROCESSOR = 12  # a run waits most of the time, for its model
_MB_PER_RUN = 256  # what a run's code usually needs at most, with what the page keeps of it
_MOST_RUNS = 64  # one process draws all pages, whatever the number of processors


def processors(container: Path = _CONTAINER) -> float:
    """Return how many processors the app can use; parts of one count."""
    count = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with suppress(OSError, ValueError):  # there is no limit, or no such file
        quota, period = (container / "cpu.max").read_text().split()
        count = min(count, int(quota) / int(period))
    return count


def memory_mb(container: Path = _CONTAINER) -> int:
    """Return how much memory the app can use, in MB."""
    most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # as above
        most = min(most, int((container / "memory.max").read_text()))
    return most // 2**20


def runs_at_once(container: Path = _CONTAINER) -> int:
    """Return how many runs can be in progress without waiting for one another much."""
    by_processors = math.ceil(processors(container) * _RUNS_PER_PROCESSOR)
    return max(2, min(by_processors, memory_mb(container) // _MB_PER_RUN, _MOST_RUNS))
