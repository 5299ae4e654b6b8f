"""The processes of one chat, as the zygote keeps them: the worker, and the parked copies that are its checkpoints.

They are known by what the kernel says of them, never by what they say of themselves, and all are hostile: whatever is
out of turn ends the whole family.
"""

import errno
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from . import measure, supervision
from .supervision import Call

CHECKPOINTS_MB = 512  # of memory, which all parked copies of a chat may take beside the worker
_PATIENCE = 10.0  # seconds for a process to do what it was told
_MOST_MAPPINGS = 2  # of files without a name
_CREDENTIALS = struct.Struct("iII")

Answer = Callable[[dict[str, Any]], None]


class Process:
    """A process that cannot be mistaken for another, whatever becomes of its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.descriptor = os.pidfd_open(pid)
        self.status: int | None = None

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def bury(self) -> None:
        """Note how it ended; its number may be another's from now on."""
        with suppress(OSError):
            self.status = measure.exit_status(self.pid)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        os.close(self.descriptor)


@dataclass
class Awaited:
    """What a process was told to do, the word it says when it has, and who is told then."""

    process: Process
    word: bytes
    answer: Answer
    checkpoint: int = 0
    deadline: float = field(default_factory=lambda: time.monotonic() + _PATIENCE)


class Family:
    """The processes of one chat. watch, forget: begin and end to look for input on a descriptor."""

    def __init__(
        self,
        worker: Process,
        control: socket.socket,
        limits: Mapping[str, int],
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
    ) -> None:
        self._group = worker.pid
        self._control = control
        self._limits = limits
        self._watch, self._forget = watch, forget
        self._worker: Process | None = None
        self._parked: dict[int, Process] = {}
        self._listener: int | None = None
        self._awaited: Awaited | None = None
        self._ending: Answer | None = None
        self._closing: Answer | None = None
        self._may_fork: int | None = None
        self._status: int | None = None
        self._reason: str | None = None
        self._running = False
        self._processor_end = 0.0
        self._ticks = 0
        self._adopt(worker)
        watch(control.fileno(), self._hear)

    @property
    def running(self) -> bool:
        """Whether a process of it may be running; else all are stopped."""
        return self._running

    def expect_ready(self, answer: Answer) -> None:
        """Answer when the new worker is confined."""
        assert self._worker is not None
        self._running = True
        self._awaited = Awaited(self._worker, b"ready", answer)

    def begin(self, processor_seconds: float) -> None:
        """Let the worker run a step."""
        if self._worker:
            self._running = True
            self._reason = None
            with suppress(OSError):
                self._processor_end = measure.processor_seconds(self._worker.pid) + processor_seconds
            self._worker.send(signal.SIGCONT)

    def park(self, number: int, answer: Answer) -> None:
        """Have the worker fork a copy of itself, which is stopped, and stop the worker."""
        if self._worker is None:
            answer({"error": "there is no worker"})
            return
        self._tell(Awaited(self._worker, b"parked", answer, number), b"park", [])

    def wake(self, number: int, descriptors: list[int], answer: Answer) -> None:
        """Have a parked copy fork a new worker, which gets the descriptors."""
        parked = self._parked.get(number)
        if parked is None or self._worker:
            answer({"error": "this checkpoint is gone"})
            return
        self._tell(Awaited(parked, b"running", answer, number), b"wake", descriptors)
        parked.send(signal.SIGCONT)

    def end(self, answer: Answer) -> None:
        """Kill the worker, and answer when it is gone: how it ended, and for what reason it was killed here."""
        self._ending = answer
        if self._worker:
            self._worker.send(signal.SIGKILL)
        else:
            self._answer_end()

    def drop(self, numbers: list[int]) -> None:
        """Give up checkpoints."""
        for number in numbers:
            if parked := self._parked.pop(number, None):
                parked.send(signal.SIGKILL)

    def close(self, answer: Answer) -> None:
        """Kill all processes, and answer when they are gone."""
        self._closing = answer
        self.kill()
        self._settle()

    def kill(self) -> None:
        """Kill every process of the family, one that nobody knows included."""
        if self._worker or self._parked:  # else the group's number may be another's
            with suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    def check(self, now: float) -> None:
        """Look whether a limit is passed, or something that was told has not been done in time."""
        if self._awaited and now > self._awaited.deadline:
            self.kill()
        if self._worker and self._running:
            self._ticks += 1
            with suppress(OSError):  # it has just ended
                self._check_processor(self._worker.pid)
                self._check_memory(self._worker.pid)
                if self._ticks % 10 == 1:
                    self._check_files(self._worker.pid)

    def _tell(self, awaited: Awaited, message: bytes, descriptors: list[int]) -> None:
        self._awaited = awaited
        self._may_fork = awaited.process.pid
        self._running = True
        try:
            socket.send_fds(self._control, [message], descriptors, socket.MSG_DONTWAIT)
        except OSError:
            self.kill()

    def _adopt(self, process: Process) -> None:
        self._worker = process
        self._watch(process.descriptor, lambda: self._lose(process))

    def _lose(self, process: Process) -> None:
        """A process has ended."""
        self._forget(process.descriptor)
        process.bury()
        if process is self._worker:
            self._worker, self._running, self._status = None, False, process.status
            self._answer_end()
        for number in [number for number, parked in self._parked.items() if parked is process]:
            del self._parked[number]
        if (awaited := self._awaited) and awaited.process is process:
            self._awaited = None
            awaited.answer({"error": "the process has ended"})
        self._settle()

    def _answer_end(self) -> None:
        if answer := self._ending:
            self._ending = None
            answer({"status": self._status, "reason": self._reason})

    def _settle(self) -> None:
        """When all processes are gone and the family is no longer needed, give back what it holds."""
        if self._closing and not self._worker and not self._parked:
            self._forget(self._control.fileno())
            self._control.close()
            self._stop_listening()
            self._closing({})
            self._closing = None

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._forget(self._listener)
            os.close(self._listener)
            self._listener = None

    def _hear(self) -> None:
        """A process of the family says that it has done what it was told."""
        message, ancillary = b"", []
        with suppress(ConnectionResetError):
            message, ancillary, _, _ = self._control.recvmsg(2**12, socket.CMSG_SPACE(_CREDENTIALS.size) + 64)
        if not message:
            self._forget(self._control.fileno())  # every process that held the other end is gone
            return
        speaker, descriptors = _read_ancillary(ancillary)
        awaited, self._awaited = self._awaited, None
        if awaited and awaited.word == b"ready" and speaker == awaited.process.pid:
            descriptors = self._settle_in(awaited, message, descriptors)
        elif awaited and message == awaited.word:
            self._follow(awaited, speaker)
        else:
            self.kill()
        for descriptor in descriptors:
            os.close(descriptor)

    def _settle_in(self, awaited: Awaited, message: bytes, descriptors: list[int]) -> list[int]:
        """The new worker, which runs no agent's code yet, says how far it is. Returns descriptors nobody needs."""
        if message == b"listener" and descriptors:
            self._awaited = awaited
            self._listener = descriptors.pop()
            self._watch(self._listener, self._judge)
        elif message == awaited.word:
            self._running = False
            awaited.answer({})
        else:
            awaited.answer({"error": message.decode(errors="replace")})
        return descriptors

    def _follow(self, awaited: Awaited, speaker: int) -> None:
        """A copy is parked, or a worker came from one."""
        self._may_fork = None
        elder = self._worker if awaited.word == b"parked" else self._parked.get(awaited.checkpoint)
        try:
            if elder is None or measure.parent(speaker) != elder.pid or self._knows(speaker):
                raise ProcessLookupError
            younger = Process(speaker)
        except OSError:
            self.kill()
            awaited.answer({"error": "the process has ended"})
            return
        elder.send(signal.SIGSTOP)
        if awaited.word == b"parked":
            self._keep(awaited.checkpoint, younger)
        else:
            self._adopt(younger)
        awaited.answer({"kept": sorted(self._parked)})

    def _keep(self, number: int, process: Process) -> None:
        process.send(signal.SIGSTOP)
        self._parked[number] = process
        self._watch(process.descriptor, lambda: self._lose(process))
        self._running = False
        with suppress(OSError):
            self._make_room(measure.proportional(self._worker.pid) if self._worker else 0)
            self._check_files(process.pid)

    def _knows(self, pid: int) -> bool:
        return pid in [process.pid for process in (self._worker, *self._parked.values()) if process]

    def _judge(self) -> None:
        """Answer a system call that waits for permission."""
        assert self._listener is not None
        if call := supervision.receive(self._listener):
            supervision.respond(self._listener, call, self._refuse(call))

    def _refuse(self, call: Call) -> int:
        """The errno for a call, 0 where it may go on."""
        if call.stays_inside:
            return 0
        if call.is_thread:
            with suppress(OSError):
                if measure.threads(call.process) < self._limits["threads"]:
                    return 0
            self._exceed("processes")
            return errno.EAGAIN
        if call.is_fork and call.process == self._may_fork:
            self._may_fork = None
            return 0
        return errno.EPERM

    def _check_processor(self, pid: int) -> None:
        if self._processor_end and measure.processor_seconds(pid) > self._processor_end:
            self._exceed("processor")

    def _check_memory(self, pid: int) -> None:
        """Checkpoints give way before the code does."""
        limit = self._limits["memory_mb"] * 2**20
        if measure.resident(pid) < limit and not self._parked:
            return
        own = measure.proportional(pid)
        self._make_room(own)
        if own > limit + limit // 8:  # a little more than what the code itself is told, as a MemoryError
            self._exceed("memory")

    def _make_room(self, own: int) -> None:
        most = (self._limits["memory_mb"] + CHECKPOINTS_MB) * 2**20
        while self._parked and own + sum(measure.proportional(p.pid) for p in self._parked.values()) > most:
            self.drop([min(self._parked)])

    def _check_files(self, pid: int) -> None:
        """Files without a name take disk that no look into the workspace finds."""
        limit = self._limits["disk_mb"] * 2**20
        if sum(measure.unlinked_files(pid).values()) > limit or measure.unlinked_mappings(pid) > _MOST_MAPPINGS:
            self._exceed("disk")

    def _exceed(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._worker:
            self._worker.send(signal.SIGKILL)


def _read_ancillary(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, list[int]]:
    """Who sent a message, as the kernel says, and the descriptors that came with it."""
    speaker, descriptors = 0, []
    for _, kind, data in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            speaker = _CREDENTIALS.unpack(data)[0]
        elif kind == socket.SCM_RIGHTS:
            descriptors += [number for (number,) in struct.iter_unpack("i", data)]
    return speaker, descriptors
