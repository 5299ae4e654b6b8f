"""Descendants of this process, and the channels to them."""

import os
import signal
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

_LONGEST = 4096  # bytes of a message
_CREDENTIALS = struct.Struct("iII")


class Child:
    """A process, identified by a pidfd, so that it cannot be mistaken for a later one with the same id.

    Args:
        pid: Its process id.
        channel: The socket over which it alone gets orders.

    Attributes:
        descriptor: The pidfd; readable once the process has ended.
    """

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.descriptor = os.pidfd_open(pid)

    def send(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def reap(self) -> bool:
        """Reap the process after its end. Return False while another process, its parent, has yet to reap it."""
        try:
            os.waitid(os.P_PIDFD, self.descriptor, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            return not self._is_there()
        return True

    def close(self) -> None:
        """Close the pidfd."""
        os.close(self.descriptor)

    def discard(self) -> None:
        """Kill the process, wait for its end, and close its descriptors."""
        self.send(signal.SIGKILL)
        os.waitid(os.P_PIDFD, self.descriptor, os.WEXITED)
        self.channel.close()
        self.close()

    def _is_there(self) -> bool:
        try:
            signal.pidfd_send_signal(self.descriptor, 0)
        except ProcessLookupError:
            return False
        return True


@dataclass(frozen=True)
class ChannelMessage:
    """A message that came over a channel.

    Attributes:
        text: Its bytes.
        sender: The id of the process that sent it, as the kernel says.
        descriptors: The descriptors that came with it.
    """

    text: bytes
    sender: int
    descriptors: list[int]


def open_channel() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new channel. On the first one the kernel adds the sender's process id to each message."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def receive(channel: socket.socket) -> ChannelMessage | None:
    """Return the next message; None if every sender is gone."""
    try:
        text, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size) + 64)
    except ConnectionResetError:
        return None
    sender, descriptors = 0, list[int]()
    for _, kind, data in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            sender = _CREDENTIALS.unpack(data)[0]
        elif kind == socket.SCM_RIGHTS:
            descriptors += [number for (number,) in struct.iter_unpack("i", data)]
    return ChannelMessage(text, sender, descriptors) if text else None


def reap_group(group: int) -> bool:
    """Reap a group's processes. Return False while one of them has yet to end."""
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG) != (0, 0):
            pass
        return False
    return True
