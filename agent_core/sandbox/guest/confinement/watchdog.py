"""Measures, at intervals, what the kernel does not limit by itself.

A process can make measuring it slow. So this runs in a thread of its own, and measures the processes that make it slow
less often. The zygote acts on what it finds.
"""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from .. import measure
from ..children import Child

CHECKPOINTS_MB = 512  # of memory that all checkpoints of a chat may take besides the worker
_LOOK_SECONDS = 0.05  # from one round of measurements to the next
# How long to pause before the same processes are measured again: a multiple of the processor time that the measurement
# took, or of its elapsed time. The second factor is smaller: on a busy machine the measurement also waits for its turn,
# which is not the processes' fault.
_PAUSE_PER_WORK, _PAUSE_PER_ELAPSED = 20, 4
_FILES_EACH = 10  # open files, which are slower to measure, are measured once in so many rounds
_MOST_MAPPINGS = 2  # of unlinked files
# Sockets and pipes hold memory that no process is charged for, so few copies may hold many of them.
_FEW_DESCRIPTORS = 64


class ProcessSnapshot(NamedTuple):
    """The processes of a chat at one moment.

    Attributes:
        worker: The process that runs the agent's code; None if there is none.
        checkpoints: The stopped copies of earlier states.
        newcomers: The ids of processes that are about to become the worker or a checkpoint.
    """

    worker: Child | None
    checkpoints: Collection[Child]
    newcomers: Collection[int]


class WatchTarget(Protocol):
    """A chat's processes, as WatchdogThread needs them. Its thread uses only `watchdog` and `subject`."""

    watchdog: "Watchdog"

    def subject(self) -> ProcessSnapshot | None:
        """Return the processes to measure; None while all are stopped."""
        ...

    def act_on(self, finding: str) -> None:
        """Act on what the watchdog found."""
        ...


class WatchdogThread:
    """A thread that measures the processes of all chats.

    Args:
        chats: The chats' processes; may change meanwhile.

    Attributes:
        pipe: A descriptor that is readable when there are findings to `take`.
    """

    def __init__(self, chats: Mapping[Any, WatchTarget]) -> None:
        self._chats = chats
        self._found: queue.SimpleQueue[tuple[WatchTarget, str]] = queue.SimpleQueue()
        self.pipe, self._bell = os.pipe()
        self._needed = threading.Event()
        threading.Thread(target=self._look_on, daemon=True).start()

    def need(self, needed: bool) -> None:
        """Start or pause measuring."""
        if needed:
            self._needed.set()
        else:
            self._needed.clear()

    def take(self) -> Iterable[tuple[WatchTarget, str]]:
        """Yield what was found since the last call: the chat, and what it has too much of."""
        os.read(self.pipe, 4096)
        with suppress(queue.Empty):
            while True:
                yield self._found.get_nowait()

    def _look_on(self) -> None:
        while self._needed.wait():
            for chat in list(self._chats.values()):
                if finding := _look_at(chat):
                    self._found.put((chat, finding))
                    os.write(self._bell, b"!")
            time.sleep(_LOOK_SECONDS)


def _look_at(chat: WatchTarget) -> str | None:
    """Return what is wrong with a chat. One that cannot be measured is ended, so that the others still are."""
    try:
        subject = chat.subject()
        return chat.watchdog.look(subject) if subject else None
    except Exception:
        traceback.print_exc()
        return "newcomer"


class Watchdog:
    """Measures the processes of one chat.

    Args:
        limits: The chat's Limits as a dict, until the first step names its own.
        broker: The id of the process that opens the worker's files; None if there is none.
    """

    def __init__(self, limits: Mapping[str, Any], broker: int | None = None) -> None:
        self._limits = limits
        self._broker = broker
        self._processor_end = 0.0
        self._looks = 0
        self._next_look = 0.0

    def begin_step(self, worker: int, limits: Mapping[str, Any]) -> None:
        """Hold the worker to the limits of this step from now on. Raises OSError if it has ended."""
        self._limits = limits
        self._processor_end = self._processor_seconds(worker) + limits["processor_seconds"]
        self._looks = 0

    def extend_step(self, processor_seconds: float) -> None:
        """Let the worker use so much more processor time in this step."""
        self._processor_end += processor_seconds

    def look(self, subject: ProcessSnapshot) -> str | None:
        """Return what is wrong, or None.

        That is "thread", "processes", "processor", "memory", "disk", "newcomer" or "checkpoints".
        """
        began, worked = time.monotonic(), time.thread_time()
        if began < self._next_look:
            return None
        try:
            return self._find(subject)
        except OSError:  # one of them has just ended
            return None
        finally:
            now, work = time.monotonic(), time.thread_time() - worked
            self._next_look = now + max(_PAUSE_PER_WORK * work, _PAUSE_PER_ELAPSED * (now - began))

    def may_have_thread(self, process: int) -> bool:
        """Return whether a process may start one more thread. Raises OSError if it has ended."""
        return measure.threads(process) < self._limits["threads"]

    def holds_much(self, process: int) -> bool:
        """Return whether a process has so many descriptors that few copies of it should be kept. Raises OSError."""
        return measure.descriptors(process) > _FEW_DESCRIPTORS

    def _find(self, subject: ProcessSnapshot) -> str | None:
        if any(self._takes_too_much_memory(pid) for pid in subject.newcomers):
            return "newcomer"
        looks_at_files, self._looks = self._looks % _FILES_EACH == 0, self._looks + 1
        worker, checkpoints = subject.worker, [process.pid for process in subject.checkpoints]
        if worker:
            if measure.has_lost_main_thread(worker.pid):  # it can neither be measured nor finish its step
                return "thread"
            if measure.threads(worker.pid) > self._limits["threads"]:  # where nobody is asked about each of them
                return "processes"
            if self._processor_end and self._processor_seconds(worker.pid) > self._processor_end:
                return "processor"
            if self._takes_too_much_memory(worker.pid):
                return "memory"
            if looks_at_files and self._has_unlinked_files([worker.pid]):
                return "disk"
        group = [*checkpoints, *([worker.pid] if worker else [])]
        if checkpoints and (self._take_too_much_memory(group) or (looks_at_files and self._has_unlinked_files(group))):
            if worker and looks_at_files and self._has_unlinked_files([worker.pid]):
                return "disk"  # it has grown since it was measured: the checkpoints are not to blame
            self._looks = 0  # so that the next round finds out whether that was enough
            return "checkpoints"
        return None

    def _processor_seconds(self, worker: int) -> float:
        """Return the processor time of the worker, and of the broker, which works for nobody else."""
        return sum(measure.processor_seconds(pid) for pid in (worker, self._broker) if pid)

    def _takes_too_much_memory(self, process: int) -> bool:
        limit = self._limits["memory_mb"] * 2**20
        limit += limit // 8  # a little more than the limit at which the code gets a MemoryError
        return measure.resident(process) > limit and measure.proportional(process) > limit

    def _take_too_much_memory(self, processes: Collection[int]) -> bool:
        """Whether all together take more memory than the worker and the checkpoints may."""
        most = (self._limits["memory_mb"] + CHECKPOINTS_MB) * 2**20
        # The first sum is quick to measure, and never less than the second.
        return _sum(measure.resident, processes) > most and _sum(measure.proportional, processes) > most

    def _has_unlinked_files(self, processes: Collection[int]) -> bool:
        """Whether they keep too much in unlinked files, which cannot be found in the workspace."""
        files, mapped = dict[tuple[int, int], int](), set[tuple[bytes, ...]]()
        for process in processes:
            files |= measure.unlinked_files(process)
            mapped |= measure.unlinked_mappings(process)
        return sum(files.values()) > self._limits["disk_mb"] * 2**20 or len(mapped) > _MOST_MAPPINGS


def _sum(quantity: Callable[[int], int], processes: Iterable[int]) -> int:
    return sum(map(quantity, processes))
