"""The zygote's orders to the processes of a chat: to become a worker, or to fork a checkpoint or a worker."""

import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import measure
from .children import ChannelMessage, Child, open_channel, receive

_ORDER_SECONDS = 3.0  # for a process to carry out an order


@dataclass
class PendingOrder:
    """An order that a process has not confirmed yet.

    Attributes:
        process: The process that got the order.
        reply: The message that confirms it.
        channel: Where the reply arrives: the new process's channel if the order is to fork, else the process's own.
        on_done: Takes the process that has replied.
        on_failure: Takes the reason why the order failed.
        deadline: The time on the monotonic clock at which the order is overdue.
    """

    process: Child
    reply: bytes
    channel: socket.socket
    on_done: Callable[[Child], None]
    on_failure: Callable[[str], None]
    deadline: float = field(default_factory=lambda: time.monotonic() + _ORDER_SECONDS)

    @property
    def is_fork(self) -> bool:
        return self.channel is not self.process.channel


class Orders:
    """Sends orders to a group's processes, one at a time, and takes their replies.

    At a message that is out of turn the whole group is killed.

    Args:
        watch: Calls a function whenever a descriptor has input.
        forget: Stops watching a descriptor.
        listen: Takes the descriptor on which the kernel hands over a new worker's system calls.
        known: Returns the processes of the group.
        kill: Kills the group.

    Attributes:
        pending: The order that is not confirmed yet; None for none.
    """

    def __init__(
        self,
        *,
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
        listen: Callable[[int], None],
        known: Callable[[], Iterable[Child]],
        kill: Callable[[], None],
    ) -> None:
        self.pending: PendingOrder | None = None
        self._watch, self._forget = watch, forget
        self._listen = listen
        self._known = known
        self._kill = kill

    def start(
        self,
        worker: Child,
        chat: bytes,
        descriptors: list[int],
        on_done: Callable[[Child], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """Send a new process its chat, with the descriptors. It is done when the process is a confined worker."""
        self._send(PendingOrder(worker, b"ready", worker.channel, on_done, on_failure), chat, descriptors)

    def fork(
        self,
        process: Child,
        reply: bytes,
        descriptors: list[int],
        on_done: Callable[[Child], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """Order a process to fork another, which gets the descriptors and replies over a channel of its own."""
        ours, theirs = open_channel()
        self._watch(ours.fileno(), lambda: self.receive(ours))
        with theirs:
            order = PendingOrder(process, reply, ours, on_done, on_failure)
            self._send(order, b"fork", [theirs.fileno(), *descriptors])

    def receive(self, channel: socket.socket) -> None:
        """Handle a message from a process of the group: its order is done, or cannot be done."""
        message = receive(channel)
        if message is None:
            self._forget(channel.fileno())  # its process has ended, or is about to
            return
        order = self.pending
        if order is None or channel not in (order.channel, order.process.channel):
            self._kill()
        elif not order.is_fork and message.text == b"listener" and message.descriptors:
            self._listen(message.descriptors.pop())  # the worker does not run any of the agent's code yet
        else:
            self.pending = None
            self._conclude(order, channel, message)
        for descriptor in message.descriptors:
            os.close(descriptor)

    def on_exit(self, process: Child) -> None:
        """Let the order fail that a process had when it ended."""
        if (order := self.pending) and order.process is process:
            self.pending = None
            self._fail(order, "the process has ended")

    def check(self, now: float) -> None:
        """Kill the group if its order is overdue."""
        if self.pending and now > self.pending.deadline:
            self._kill()

    def _send(self, order: PendingOrder, message: bytes, descriptors: list[int]) -> None:
        self.pending = order
        try:
            socket.send_fds(order.process.channel, [message], descriptors, socket.MSG_DONTWAIT)
        except OSError:
            self._kill()

    def _conclude(self, order: PendingOrder, channel: socket.socket, message: ChannelMessage) -> None:
        if channel is order.channel and message.text == order.reply:
            self._finish(order, message.sender)
        elif order.is_fork:
            self._fail(order, "the process could not do it")
        else:
            self._fail(order, message.text.decode(errors="replace"))

    def _finish(self, order: PendingOrder, sender: int) -> None:
        try:
            child = self._forked(order, sender) if order.is_fork else order.process
        except OSError:
            self._fail(order, "the process has ended")
        else:
            order.on_done(child)

    def _forked(self, order: PendingOrder, sender: int) -> Child:
        """Return the process that was forked. Raises OSError if the sender is another one, or has ended."""
        if measure.parent(sender) != order.process.pid or sender in [process.pid for process in self._known()]:
            raise ProcessLookupError
        return Child(sender, order.channel)

    def _fail(self, order: PendingOrder, reason: str) -> None:
        if order.is_fork:
            self._forget(order.channel.fileno())
            order.channel.close()
        order.on_failure(reason)
