"""The broker's process: it answers the calls of one chat's processes, and passes those not on files to the zygote."""

import errno
import os
import resource
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from ... import fork_setup
from .. import supervision
from ..privileges import drop_capabilities, forbid_new_privileges
from ..seccomp import SeccompFilter
from .caller import Callers
from .file_calls import FileCalls, Opened
from .file_paths import FilePaths
from .roots import Roots

MEMORY_REQUEST = struct.Struct("I")  # the id of a thread; a call that is passed on is longer
NICENESS = 5  # the worker's: what it asks for must not keep others waiting
_MORE_MEMORY = 64 * 2**20
_MOST_DESCRIPTORS = 1024
_CLONE_VM = 0x100


@dataclass(frozen=True)
class BrokerOrder:
    """What a broker is told when it is forked.

    Attributes:
        zygote: The zygote's process id; the broker dies with it.
        group: The process group of the chat.
        readable: Paths that the worker may read.
        devices: Files that it may read and write.
        workspace: The folder that it may read and write.
        disk_mb: The largest file that it may make, in MiB.
        confining: The broker's own filter of system calls.
    """

    zygote: int
    group: int
    readable: Sequence[str]
    devices: Sequence[str]
    workspace: str
    disk_mb: int
    confining: SeccompFilter


def become_broker(control: int, order: BrokerOrder) -> NoReturn:
    """Turn this process, a fresh fork of the zygote, into a broker, and serve until it is killed.

    Args:
        control: The descriptor of the socket to the zygote. Its first message has the descriptor of the calls.
        order: What the broker is for.
    """
    try:
        os.setpgid(0, order.group)
        fork_setup.die_with(order.zygote)
        channel = socket.socket(fileno=fork_setup.keep_only(control))
        os.nice(NICENESS)
        roots = Roots(order.readable, order.devices, order.workspace)
        _confine(order)
        _, descriptors, _, _ = socket.recv_fds(channel, 16, 1)
        if descriptors:
            Broker(channel, descriptors[0], roots).serve()
    finally:
        os._exit(1)  # the zygote then ends the chat's processes, whose calls nobody would answer


def _confine(order: BrokerOrder) -> None:
    """Give up what a broker does not need. What it may open, nothing but its own code limits."""
    forbid_new_privileges()
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_NOFILE: _MOST_DESCRIPTORS,
        resource.RLIMIT_FSIZE: order.disk_mb * 2**20,  # as for the worker: truncate() makes files longer, too
        resource.RLIMIT_DATA: fork_setup.own_data() + _MORE_MEMORY,
    }
    for name, bound in bounds.items():
        with suppress(OSError, ValueError):  # some hosts refuse some
            resource.setrlimit(name, (bound, bound))
    drop_capabilities()
    order.confining.load()


class Broker:
    """Answers the calls that a chat's processes wait in.

    Args:
        channel: The socket to the zygote.
        listener: The descriptor on which the kernel hands over the calls.
        roots: What may be read and written.
    """

    def __init__(self, channel: socket.socket, listener: int, roots: Roots) -> None:
        self._channel = channel
        self._listener = listener
        self._current = 0
        self._callers = Callers(self._open_memory, lambda: supervision.check(listener, self._current))
        by_name = FileCalls(FilePaths(roots), self._callers).by_name
        self._calls = {number: by_name[name] for number, name in supervision.names(by_name).items()}
        (self._clone,) = supervision.names(["clone"])

    def serve(self) -> None:
        """Answer calls until no process is left that could make any."""
        while (raw := supervision.next_call(self._listener)) or not supervision.is_over(self._listener):
            if raw:
                self._answer(raw)

    def _answer(self, raw: bytes) -> None:
        number, thread, _, name, _, _, *arguments = supervision.NOTIFICATION.unpack(raw)
        call = self._calls.get(name)
        if call is None:
            if name == self._clone and not arguments[0] & _CLONE_VM:
                self._callers.forget()
            self._channel.send(raw)  # the zygote knows which threads, processes and signals there may be
            return
        self._current = number
        try:
            done = call(thread, tuple(arguments))
        except OSError as error:
            supervision.answer(self._listener, number, error=error.errno or errno.EACCES)
            return
        if isinstance(done, Opened):
            self._hand_over(number, done)
        else:
            supervision.answer(self._listener, number, value=done)

    def _hand_over(self, number: int, opened: Opened) -> None:
        try:
            supervision.give(self._listener, number, opened.descriptor, close_on_exec=opened.close_on_exec)
        except OSError as error:  # such as a worker's limit of descriptors
            supervision.answer(self._listener, number, error=error.errno or errno.EMFILE)
        finally:
            os.close(opened.descriptor)

    def _open_memory(self, thread: int) -> int:
        """Ask the zygote for the memory of a process: where the kernel lets only ancestors have it (Yama), it may."""
        self._channel.send(MEMORY_REQUEST.pack(thread))
        _, descriptors, _, _ = socket.recv_fds(self._channel, 16, 1)
        if not descriptors:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        return descriptors[0]
