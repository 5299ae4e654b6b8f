"""The zygote's end of a broker."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from ... import children, measure
from ...children import Child
from .. import supervision
from .broker_process import MEMORY_REQUEST, BrokerOrder, become_broker


class BrokerLink:
    """A broker of one chat, as the zygote has it.

    Args:
        order: What the broker is for.

    Attributes:
        pid: Its process id. It belongs to the chat's process group, and ends with that.
    """

    def __init__(self, order: BrokerOrder) -> None:
        (ours, theirs), self._group = children.open_channel(), order.group
        with theirs:
            pid = os.fork()
            if pid == 0:
                become_broker(theirs.fileno(), order)
        with suppress(OSError):  # it has done so itself, or has ended
            os.setpgid(pid, order.group)
        self.pid = pid
        self._child = Child(pid, ours)

    def fileno(self) -> int:
        """Return the descriptor that has input when the broker has something to say, or has ended."""
        return self._child.channel.fileno()

    def begin(self, listener: int) -> None:
        """Have the broker answer calls from now on. Raises OSError if it has ended."""
        supervision.hurry(listener)
        socket.send_fds(self._child.channel, [b"listener"], [listener], socket.MSG_DONTWAIT)

    def hear(self, judge: Callable[[bytes], None]) -> bool:
        """Take a message of the broker. Returns False if it has ended.

        Args:
            judge: Answers a call that the broker passes on.
        """
        message = children.receive(self._child.channel)
        if message is None:
            return False
        for descriptor in message.descriptors:
            os.close(descriptor)
        if len(message.text) == MEMORY_REQUEST.size:
            self._send_memory(*MEMORY_REQUEST.unpack(message.text))
        else:
            judge(message.text)
        return True

    def end(self) -> None:
        """Kill the broker."""
        self._child.send(signal.SIGKILL)

    def close(self) -> None:
        """Release the descriptors of a broker that has ended."""
        self._child.channel.close()
        self._child.close()

    def _send_memory(self, thread: int) -> None:
        try:
            memory = [measure.open_memory(thread, self._group)]
        except OSError:  # it has ended
            memory = []
        try:
            socket.send_fds(self._child.channel, [b"memory"], memory, socket.MSG_DONTWAIT)
        finally:
            for descriptor in memory:
                os.close(descriptor)
