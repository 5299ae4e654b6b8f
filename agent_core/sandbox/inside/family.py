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
_PATIENCE = 5.0  # seconds for a process to do what it was told
_RESTLESS_SECONDS = 0.05  # of processor time that a worker may use between two steps before it is stopped
# Sockets and pipes hold memory that no process is charged for: not many copies may hold many of them.
_FEW_DESCRIPTORS = 64
_MOST_MAPPINGS = 2  # of files without a name
_CREDENTIALS = struct.Struct("iII")

Answer = Callable[[dict[str, Any]], None]


class Process:
    """A process that cannot be mistaken for another. channel: the socket over which it alone is told what to do."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.descriptor = os.pidfd_open(pid)

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def close(self) -> None:
        self.channel.close()
        os.close(self.descriptor)


def open_channel() -> tuple[socket.socket, socket.socket]:
    """Both ends of a new channel; on the first the kernel says who speaks."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


@dataclass
class Awaited:
    """What a process was told to do, the word that says it is done, and who is told then.

    channel: on which the word is said; that of a new process, where one is to be forked.
    """

    process: Process
    word: bytes
    answer: Answer
    channel: socket.socket
    checkpoint: int = 0
    deadline: float = field(default_factory=lambda: time.monotonic() + _PATIENCE)


class Family:
    """The processes of one chat. watch, forget: begin and end to look for input on a descriptor."""

    def __init__(
        self,
        worker: Process,
        limits: Mapping[str, int],
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
    ) -> None:
        self._group = worker.pid  # stays its own, as the first worker is not buried before the others
        self._limits = limits
        self._watch, self._forget = watch, forget
        self._worker: Process | None = None
        self._parked: dict[int, Process] = {}
        self._listener: int | None = None
        self._awaited: Awaited | None = None
        self._ending: Answer | None = None
        self._closing: Answer | None = None
        self._may_fork: int | None = None
        self._forked = False
        self._status: int | None = None
        self._reason: str | None = None
        self._running = False
        self._processor_end = 0.0
        self._ticks = 0
        self._adopt(worker)

    @property
    def running(self) -> bool:
        """Whether a process of it may be running; else all are stopped."""
        return self._running

    def settle_in(self, chat: bytes, descriptors: list[int], answer: Answer) -> None:
        """Tell the new worker whom it works for, and answer when it is confined."""
        assert self._worker is not None
        self._tell(Awaited(self._worker, b"ready", answer, self._worker.channel), chat, descriptors)

    def begin(self, processor_seconds: float) -> None:
        """Let the worker run a step."""
        if self._worker:
            self._running = True
            self._reason = None
            self._worker.send(signal.SIGCONT)
            with suppress(OSError):
                self._processor_end = measure.processor_seconds(self._worker.pid) + processor_seconds

    def park(self, number: int, answer: Answer) -> None:
        """Have the worker fork a copy of itself, which is stopped; the worker rests."""
        if self._worker is None:
            answer({"error": "there is no worker"})
            return
        self._have_fork(self._worker, b"parked", answer, number, [])

    def wake(self, number: int, descriptors: list[int], answer: Answer) -> None:
        """Have a parked copy fork a new worker, which gets the descriptors."""
        parked = self._parked.get(number)
        if parked is None or self._worker:
            answer({"error": "this checkpoint is gone"})
            return
        self._have_fork(parked, b"running", answer, number, descriptors)

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
        with suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGKILL)

    def check(self, now: float) -> None:
        """Look whether a limit is passed, or something that was told has not been done in time."""
        if self._awaited and now > self._awaited.deadline:
            self.kill()
        if self._worker and not self._running:
            with suppress(OSError):
                if measure.processor_seconds(self._worker.pid) > self._processor_end:
                    self._worker.send(signal.SIGSTOP)
        elif self._worker:
            self._ticks += 1
            with suppress(OSError):  # it has just ended
                self._check_processor(self._worker.pid)
                self._check_memory(self._worker.pid)
                if self._ticks % 10 == 1:
                    self._check_files(self._worker.pid)

    def _have_fork(
        self, process: Process, word: bytes, answer: Answer, checkpoint: int, descriptors: list[int]
    ) -> None:
        """Have a process fork another, which says a word over a channel of its own."""
        ours, theirs = open_channel()
        self._watch(ours.fileno(), lambda: self._hear(ours))
        self._may_fork, self._forked = process.pid, False
        with theirs:
            self._tell(Awaited(process, word, answer, ours, checkpoint), b"fork", [theirs.fileno(), *descriptors])
        process.send(signal.SIGCONT)

    def _tell(self, awaited: Awaited, message: bytes, descriptors: list[int]) -> None:
        self._awaited = awaited
        self._running = True
        try:
            socket.send_fds(awaited.process.channel, [message], descriptors, socket.MSG_DONTWAIT)
        except OSError:
            self.kill()

    def _fail(self, awaited: Awaited, reason: str) -> None:
        """Something that was told was not done. If a process was forked all the same, it is one that nobody knows."""
        if awaited.channel is not awaited.process.channel:
            self._forget(awaited.channel.fileno())
            awaited.channel.close()
        self._may_fork = None
        if self._forked:
            self.kill()
        awaited.answer({"error": reason})

    def _adopt(self, process: Process) -> None:
        self._worker = process
        self._attend(process)

    def _attend(self, process: Process) -> None:
        self._watch(process.descriptor, lambda: self._lose(process))
        self._forget(process.channel.fileno())
        self._watch(process.channel.fileno(), lambda: self._hear(process.channel))

    def _lose(self, process: Process) -> None:
        """A process has ended."""
        for descriptor in (process.descriptor, process.channel.fileno()):
            self._forget(descriptor)
        process.close()
        if process is self._worker:
            self._worker, self._running = None, False
            with suppress(OSError):
                self._status = measure.exit_status(process.pid)
            self._answer_end()
        if process.pid != self._group:
            _bury(process.pid)
        for number in [number for number, parked in self._parked.items() if parked is process]:
            del self._parked[number]
        if (awaited := self._awaited) and awaited.process is process:
            self._awaited = None
            self._fail(awaited, "the process has ended")
        self._settle()

    def _answer_end(self) -> None:
        if answer := self._ending:
            self._ending = None
            answer({"status": self._status, "reason": self._reason})

    def _settle(self) -> None:
        """When all processes are gone and the family is no longer needed, give back what it holds."""
        if self._closing and not self._worker and not self._parked:
            self.kill()
            _bury(self._group)
            self._stop_listening()
            self._closing({})
            self._closing = None

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._forget(self._listener)
            os.close(self._listener)
            self._listener = None

    def _hear(self, channel: socket.socket) -> None:
        """A process of the family says that it has done what it was told, or that it cannot."""
        message, ancillary = b"", []
        with suppress(ConnectionResetError):
            message, ancillary, _, _ = channel.recvmsg(2**12, socket.CMSG_SPACE(_CREDENTIALS.size) + 64)
        if not message:
            self._forget(channel.fileno())  # its process has ended, or is about to
            return
        speaker, descriptors = _read_ancillary(ancillary)
        awaited, self._awaited = self._awaited, None
        if awaited is None or channel not in (awaited.channel, awaited.process.channel):
            self._awaited = awaited
            self.kill()
        elif awaited.word == b"ready":
            descriptors = self._welcome(awaited, message, descriptors)
        elif channel is awaited.channel and message == awaited.word:
            self._follow(awaited, speaker)
        else:
            self._fail(awaited, "the process could not do it")
        for descriptor in descriptors:
            os.close(descriptor)

    def _welcome(self, awaited: Awaited, message: bytes, descriptors: list[int]) -> list[int]:
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
        elder = awaited.process
        try:
            if measure.parent(speaker) != elder.pid or self._knows(speaker):
                raise ProcessLookupError
            younger = Process(speaker, awaited.channel)
        except OSError:
            self._fail(awaited, "the process has ended")
            return
        if awaited.word == b"parked":
            self._keep(awaited.checkpoint, younger)
            self._rest(elder)
        else:
            elder.send(signal.SIGSTOP)
            self._adopt(younger)
        awaited.answer({"kept": sorted(self._parked)})

    def _keep(self, number: int, process: Process) -> None:
        process.send(signal.SIGSTOP)
        self._parked[number] = process
        self._attend(process)
        with suppress(OSError):  # it has just ended
            self._make_room()
            self._check_files(process.pid)
            if measure.descriptors(process.pid) > _FEW_DESCRIPTORS:
                self.drop([other for other in self._parked if other != number])

    def _rest(self, worker: Process) -> None:
        """Between steps nothing runs: threads are stopped, and a worker that uses the processor all the same."""
        self._running = False
        with suppress(OSError):  # it has just ended
            if measure.threads(worker.pid) > 1:
                worker.send(signal.SIGSTOP)
            self._processor_end = measure.processor_seconds(worker.pid) + _RESTLESS_SECONDS

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
            self._may_fork, self._forked = None, True
            return 0
        return errno.EPERM

    def _check_processor(self, pid: int) -> None:
        if self._processor_end and measure.processor_seconds(pid) > self._processor_end:
            self._exceed("processor")

    def _check_memory(self, pid: int) -> None:
        """Checkpoints give way before the code does."""
        self._make_room()
        limit = self._limits["memory_mb"] * 2**20
        limit += limit // 8  # a little more than what the code itself is told, as a MemoryError
        if measure.resident(pid) > limit and measure.proportional(pid) > limit:
            self._exceed("memory")

    def _make_room(self) -> None:
        """Drop the oldest checkpoints until the family keeps within its memory."""
        most = (self._limits["memory_mb"] + CHECKPOINTS_MB) * 2**20
        while self._parked and self._memory(measure.resident) > most and self._memory(measure.proportional) > most:
            self.drop([min(self._parked)])

    def _memory(self, of: Callable[[int], int]) -> int:
        processes = [*self._parked.values(), *([self._worker] if self._worker else [])]
        return sum(of(process.pid) for process in processes)

    def _check_files(self, pid: int) -> None:
        """Files without a name take disk that no look into the workspace finds."""
        limit = self._limits["disk_mb"] * 2**20
        if sum(measure.unlinked_files(pid).values()) > limit or measure.unlinked_mappings(pid) > _MOST_MAPPINGS:
            self._exceed("disk")

    def _exceed(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._worker:
            self._worker.send(signal.SIGKILL)


def _bury(pid: int) -> None:
    """Let the number of a process that has ended be another's, if it was forked here."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _read_ancillary(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, list[int]]:
    """Who sent a message, as the kernel says, and the descriptors that came with it."""
    speaker, descriptors = 0, []
    for _, kind, data in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            speaker = _CREDENTIALS.unpack(data)[0]
        elif kind == socket.SCM_RIGHTS:
            descriptors += [number for (number,) in struct.iter_unpack("i", data)]
    return speaker, descriptors
