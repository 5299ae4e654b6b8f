"""What the kernel does not limit by itself, looked at every so often."""

from collections.abc import Iterable, Mapping

from . import measure

CHECKPOINTS_MB = 512  # of memory, which all parked copies of a chat may take beside the worker
_FILES_EACH = 10  # looks at the open files, which take longer, at every so many looks at the rest
_MOST_MAPPINGS = 2  # of files without a name
# Sockets and pipes hold memory that no process is charged for: not many copies may hold many of them.
_FEW_DESCRIPTORS = 64


class Watchdog:
    """Watches the processes of one chat. All its methods raise OSError for a process that has ended.

    limits: as Limits has them in the host.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._processor_end = 0.0
        self._looks = 0

    def begin_step(self, worker: int, processor_seconds: float) -> None:
        """From now on the worker may use so much processor time."""
        self._processor_end = measure.processor_seconds(worker) + processor_seconds

    def excess(self, worker: int) -> str | None:
        """The limit that a running worker has passed, if any: "processor", "memory" or "disk"."""
        self._looks += 1
        if self._processor_end and measure.processor_seconds(worker) > self._processor_end:
            return "processor"
        limit = self._limits["memory_mb"] * 2**20
        limit += limit // 8  # a little more than what the code itself is told, as a MemoryError
        if measure.resident(worker) > limit and measure.proportional(worker) > limit:
            return "memory"
        if self._looks % _FILES_EACH == 1 and self.has_nameless_files(worker):
            return "disk"
        return None

    def has_nameless_files(self, process: int) -> bool:
        """Whether it keeps too much in files without a name, which no look into the workspace finds."""
        most = self._limits["disk_mb"] * 2**20
        size = sum(measure.unlinked_files(process).values())
        return size > most or measure.unlinked_mappings(process) > _MOST_MAPPINGS

    def may_have_thread(self, process: int) -> bool:
        """Whether it may begin one more."""
        return measure.threads(process) < self._limits["threads"]

    def take_too_much(self, processes: Iterable[int]) -> bool:
        """Whether all of a chat's processes together take more memory than the worker and the checkpoints may."""
        most = (self._limits["memory_mb"] + CHECKPOINTS_MB) * 2**20
        processes = list(processes)
        # The first sum is quick, and never less than the second.
        return sum(map(measure.resident, processes)) > most and sum(map(measure.proportional, processes)) > most

    def holds_much(self, process: int) -> bool:
        """Whether it has so many descriptors that few copies should be kept of it."""
        return measure.descriptors(process) > _FEW_DESCRIPTORS
