"""Processes that were forked from this one or below it, and the channels to them."""

import os
import signal
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

_LONGEST = 4096  # bytes of a message
_CREDENTIALS = struct.Struct("iII")


class Child:
    """A process that cannot be mistaken for another. channel: the socket over which it alone is told what to do."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.descriptor = os.pidfd_open(pid)  # can be read when it has ended

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def reap(self) -> bool:
        """After its end: let its number be another's. False while its parent, which is another process, has yet to."""
        try:
            os.waitid(os.P_PIDFD, self.descriptor, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            return not self._is_there()
        return True

    def close(self) -> None:
        """Give back the descriptor by which it is known."""
        os.close(self.descriptor)

    def _is_there(self) -> bool:
        try:
            signal.pidfd_send_signal(self.descriptor, 0)
        except ProcessLookupError:
            return False
        return True


@dataclass(frozen=True)
class ChannelMessage:
    """What came over a channel. speaker: the id of the process that sent it, as the kernel says."""

    text: bytes
    sender: int
    descriptors: list[int]


def open_channel() -> tuple[socket.socket, socket.socket]:
    """Both ends of a new channel; on the first the kernel says who speaks."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def receive(channel: socket.socket) -> ChannelMessage | None:
    """The next word; None where all who could speak are gone."""
    try:
        text, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size) + 64)
    except ConnectionResetError:
        return None
    speaker, descriptors = 0, list[int]()
    for _, kind, data in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            speaker = _CREDENTIALS.unpack(data)[0]
        elif kind == socket.SCM_RIGHTS:
            descriptors += [number for (number,) in struct.iter_unpack("i", data)]
    return ChannelMessage(text, speaker, descriptors) if text else None


def reap_group(group: int) -> bool:
    """Let the numbers of a group's processes be others'. False while one of them has yet to end."""
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG) != (0, 0):
            pass
        return False
    return True
