"""The system calls of a worker that the zygote decides on: new threads and processes, and signals.

The kernel holds the calling thread until the zygote has answered (seccomp's user notification). The zygote looks only
at arguments that are in registers, so no other thread can change them in between.
"""

import errno
import fcntl
import functools
import os
import select
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCHLD

from .thread_flags import THREAD_MAY, THREAD_MUST

RECEIVE, SEND, IS_VALID, ADD_DESCRIPTOR = REQUESTS = 0xC050_2100, 0xC018_2101, 0x4008_2102, 0x4018_2103
NOTIFICATION = struct.Struct("QIIiIQ6Q")
_SET_FLAGS, _SYNC_WAKE_UP = 0x4008_2104, 1
_ADDED = struct.Struct("QIIII")
_ADD_AND_SEND = 2
_RESPONSE = struct.Struct("QqiI")
_VALID = struct.Struct("Q")
_CONTINUE = 1

_CLONE_CHILD_CLEARTID, _CLONE_CHILD_SETTID = 0x20_0000, 0x100_0000
FORK = SIGCHLD | _CLONE_CHILD_CLEARTID | _CLONE_CHILD_SETTID  # the flags of the C library's fork()


@dataclass(frozen=True)
class SystemCall:
    """A system call that waits for an answer.

    Attributes:
        id: The kernel's number of the notification.
        process: The id of the process whose thread made the call.
        name: The name of the call; "" if unknown.
        arguments: Its six arguments.
    """

    id: int
    process: int
    name: str
    arguments: tuple[int, ...]

    @property
    def is_thread(self) -> bool:
        """Whether it starts a thread of the same process, and nothing else."""
        is_clone = self.name == "clone"
        return is_clone and self._flags & THREAD_MUST == THREAD_MUST and self._flags & ~THREAD_MAY == 0

    @property
    def is_fork(self) -> bool:
        """Whether it starts a process as fork() does."""
        return self.name == "clone" and self._flags | FORK == FORK

    @property
    def stays_inside(self) -> bool:
        """Whether it is a signal to the caller's own process or one of its threads."""
        target = self.arguments[0] & 0xFFFF_FFFF
        if self.name == "tkill":
            return Path(f"/proc/{self.process}/task/{target}").exists()
        return self.name in ("kill", "tgkill") and target == self.process

    @property
    def _flags(self) -> int:
        return self.arguments[0]


def hurry(listener: int) -> None:
    """Have whoever answers run on the processor of whoever asks, and at once, if the kernel can (Linux 6.6)."""
    with suppress(OSError):
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)


def next_call(listener: int) -> bytes | None:
    """Return the next call as the kernel describes it (NOTIFICATION); None if its thread is gone."""
    buffer = bytearray(NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, RECEIVE, buffer)
    except (FileNotFoundError, InterruptedError):
        return None
    return bytes(buffer)


def understand(listener: int, raw: bytes) -> SystemCall | None:
    """Return what a call is; None if its thread is gone."""
    number, thread, _, call, _, _, *arguments = NOTIFICATION.unpack(raw)
    try:
        process = _process_of(thread)
        check(listener, number)  # otherwise the thread's id may have been reused
    except OSError:
        return None
    return SystemCall(number, process, _names().get(call, ""), tuple(arguments))


def receive(listener: int) -> SystemCall | None:
    """Return the next call; None if its thread is gone."""
    raw = next_call(listener)
    return understand(listener, raw) if raw else None


def check(listener: int, number: int) -> None:
    """Raise OSError if a call does not wait any more."""
    fcntl.ioctl(listener, IS_VALID, _VALID.pack(number))


def is_over(listener: int) -> bool:
    """Whether no process is left whose calls could come. The descriptor is readable from then on."""
    poll = select.poll()
    poll.register(listener, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


def respond(listener: int, call: SystemCall, error: int) -> None:
    """Let the call go on if `error` is 0; otherwise make it fail with this errno."""
    _send(listener, _RESPONSE.pack(call.id, 0, -error, 0 if error else _CONTINUE))


def answer(listener: int, number: int, *, value: int = 0, error: int = 0) -> None:
    """Let a call return a value without being made, or fail with an errno."""
    _send(listener, _RESPONSE.pack(number, value, -error, 0))


def give(listener: int, number: int, descriptor: int, *, close_on_exec: bool) -> None:
    """Let a call return a descriptor, a copy of the given one, which its process gets.

    Raises:
        OSError: The process cannot have one more; the call still waits.
    """
    flags = os.O_CLOEXEC if close_on_exec else 0
    try:
        fcntl.ioctl(listener, ADD_DESCRIPTOR, _ADDED.pack(number, _ADD_AND_SEND, descriptor, 0, flags))
    except FileNotFoundError:  # its thread is gone
        pass
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
        # Before Linux 5.14 it takes two calls.
        given = fcntl.ioctl(listener, ADD_DESCRIPTOR, bytearray(_ADDED.pack(number, 0, descriptor, 0, flags)))
        answer(listener, number, value=given)


def names(wanted: Iterable[str]) -> dict[int, str]:
    """Return the names of system calls by their numbers on this machine. Those that it does not have are left out."""
    from . import seccomp_rules  # needs libseccomp, without which no call is ever handed over

    numbers = {seccomp_rules.number_of(name): name for name in wanted}
    return {number: name for number, name in numbers.items() if number >= 0}


def _send(listener: int, response: bytes) -> None:
    try:
        fcntl.ioctl(listener, SEND, response)
    except OSError as problem:
        if problem.errno != errno.ENOENT:  # its thread is gone
            raise


@functools.cache
def _names() -> dict[int, str]:
    from . import seccomp_rules

    return names(seccomp_rules.SUPERVISED.split())


def _process_of(thread: int) -> int:
    # The process's name is in there too, and may hold anything but a line feed: so no other line ending counts.
    for line in Path(f"/proc/{thread}/status").read_bytes().split(b"\n"):
        if line.startswith(b"Tgid:"):
            return int(line.split()[1])
    raise ProcessLookupError
