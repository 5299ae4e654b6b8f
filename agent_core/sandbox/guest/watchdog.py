"""What the kernel does not limit by itself, looked at every so often.

Looking takes time where a process makes it so: hence it is done in a thread of its own, and whoever makes it slow is
looked at less often. A finding is for the zygote to act on.
"""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from . import measure
from .children import Child

CHECKPOINTS_MB = 512  # of memory, which all parked copies of a chat may take beside the worker
_LOOK_SECONDS = 0.05  # from one look at all to the next
# Until the next look at the same processes: times the processor time that a look took, and times as long as it took in
# all, as it may have had to wait for them; on a busy machine it also waits for its turn, which is not their doing.
_PATIENCE, _PATIENCE_WITH_WAITING = 20, 4
_FILES_EACH = 10  # looks at the open files, which take longer, at every so many looks at the rest
_MOST_MAPPINGS = 2  # of files without a name
# Sockets and pipes hold memory that no process is charged for: not many copies may hold many of them.
_FEW_DESCRIPTORS = 64


class ProcessSnapshot(NamedTuple):
    """The processes of a chat at one moment. newcomers: those that are about to become its worker or a copy of it."""

    worker: Child | None
    checkpoints: Collection[Child]
    newcomers: Collection[int]


class WatchTarget(Protocol):
    """A chat's processes, as a `WatchdogThread` needs them. In its thread only the first two are used."""

    watchdog: "Watchdog"

    def subject(self) -> ProcessSnapshot | None:
        """What there is to look at, None while all are stopped."""
        ...

    def act_on(self, finding: str) -> None:
        """Do something about what was found."""
        ...


class WatchdogThread:
    """A thread that looks at all chats. `pipe` can be read when there are findings to `take`."""

    def __init__(self, chats: Mapping[Any, WatchTarget]) -> None:
        self._chats = chats
        self._found: queue.SimpleQueue[tuple[WatchTarget, str]] = queue.SimpleQueue()
        self.pipe, self._bell = os.pipe()
        self._needed = threading.Event()
        threading.Thread(target=self._look_on, daemon=True).start()

    def need(self, needed: bool) -> None:
        """Look, or rest."""
        if needed:
            self._needed.set()
        else:
            self._needed.clear()

    def take(self) -> Iterable[tuple[WatchTarget, str]]:
        """What was found since the last time: the chat, and what it has too much of."""
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
    """What is wrong with a chat. One that cannot be looked at ends, and the others are looked at all the same."""
    try:
        subject = chat.subject()
        return chat.watchdog.look(subject) if subject else None
    except Exception:
        traceback.print_exc()
        return "newcomer"


class Watchdog:
    """Watches the processes of one chat. limits: as Limits has them in the host."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._processor_end = 0.0
        self._looks = 0
        self._next_look = 0.0

    def begin_step(self, worker: int, processor_seconds: float) -> None:
        """From now on the worker may use so much processor time. Raises OSError where it has ended."""
        self._processor_end = measure.processor_seconds(worker) + processor_seconds
        self._looks = 0

    def look(self, subject: ProcessSnapshot) -> str | None:
        """What is wrong: "thread", "processor", "memory", "disk", a "newcomer", or "checkpoints" that take too much."""
        began, worked = time.monotonic(), time.thread_time()
        if began < self._next_look:
            return None
        try:
            return self._find(subject)
        except OSError:  # one of them has just ended
            return None
        finally:
            now, work = time.monotonic(), time.thread_time() - worked
            self._next_look = now + max(_PATIENCE * work, _PATIENCE_WITH_WAITING * (now - began))

    def may_have_thread(self, process: int) -> bool:
        """Whether it may begin one more. Raises OSError where it has ended."""
        return measure.threads(process) < self._limits["threads"]

    def holds_much(self, process: int) -> bool:
        """Whether it has so many descriptors that few copies should be kept of it. Raises as `may_have_thread` does."""
        return measure.descriptors(process) > _FEW_DESCRIPTORS

    def _find(self, subject: ProcessSnapshot) -> str | None:
        if any(self._takes_too_much_memory(pid) for pid in subject.newcomers):
            return "newcomer"
        looks_at_files, self._looks = self._looks % _FILES_EACH == 0, self._looks + 1
        worker, parked = subject.worker, [process.pid for process in subject.checkpoints]
        if worker:
            if measure.has_lost_main_thread(worker.pid):  # it cannot be measured, nor ever finish its step
                return "thread"
            if self._processor_end and measure.processor_seconds(worker.pid) > self._processor_end:
                return "processor"
            if self._takes_too_much_memory(worker.pid):
                return "memory"
            if looks_at_files and self._has_nameless_files([worker.pid]):
                return "disk"
        family = [*parked, *([worker.pid] if worker else [])]
        if parked and (self._take_too_much_memory(family) or (looks_at_files and self._has_nameless_files(family))):
            if worker and looks_at_files and self._has_nameless_files([worker.pid]):
                return "disk"  # it has gone on since it was looked at: the checkpoints are not to blame
            self._looks = 0  # for the next look to find out whether it was enough
            return "checkpoints"
        return None

    def _takes_too_much_memory(self, process: int) -> bool:
        limit = self._limits["memory_mb"] * 2**20
        limit += limit // 8  # a little more than what the code itself is told, as a MemoryError
        return measure.resident(process) > limit and measure.proportional(process) > limit

    def _take_too_much_memory(self, processes: Collection[int]) -> bool:
        """Whether all together take more than the worker and the checkpoints may."""
        most = (self._limits["memory_mb"] + CHECKPOINTS_MB) * 2**20
        # The first sum is quick, and never less than the second.
        return _sum(measure.resident, processes) > most and _sum(measure.proportional, processes) > most

    def _has_nameless_files(self, processes: Collection[int]) -> bool:
        """Whether they keep too much in files without a name, which no look into the workspace finds."""
        files, mapped = dict[tuple[int, int], int](), set[tuple[bytes, ...]]()
        for process in processes:
            files |= measure.unlinked_files(process)
            mapped |= measure.unlinked_mappings(process)
        return sum(files.values()) > self._limits["disk_mb"] * 2**20 or len(mapped) > _MOST_MAPPINGS


def _sum(quantity: Callable[[int], int], processes: Iterable[int]) -> int:
    return sum(map(quantity, processes))
