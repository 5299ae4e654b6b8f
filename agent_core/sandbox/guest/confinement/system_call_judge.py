"""Decides on the system calls of a chat's processes that the kernel holds until the zygote has answered."""

import errno
import os
from collections.abc import Callable

from . import supervision
from .broker.broker_link import BrokerLink
from .supervision import SystemCall


class SystemCallJudge:
    """Lets signals to oneself pass, threads within the limits, and one fork for each order to fork. Nothing else.

    Args:
        watch: Calls a function whenever a descriptor has input.
        forget: Stops watching a descriptor.
        may_have_thread: Whether the process with this id may start one more thread.
        broker: Answers the calls on files and passes on the others; None where the kernel holds the files itself.
        on_broker_end: Called if the broker has ended.
    """

    def __init__(
        self,
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
        may_have_thread: Callable[[int], bool],
        broker: BrokerLink | None,
        on_broker_end: Callable[[], None],
    ) -> None:
        self._watch, self._forget = watch, forget
        self._may_have_thread = may_have_thread
        self._broker, self._on_broker_end = broker, on_broker_end
        self._listener: int | None = None
        self._may_fork: int | None = None
        self._has_forked = False

    def listen(self, listener: int) -> None:
        """Answer the calls that the kernel hands over on this descriptor."""
        self._listener = listener
        if self._broker:
            self._broker.begin(listener)
            self._watch(self._broker.fileno(), self._hear_broker)
        else:
            self._watch(listener, self._answer)

    def stop_listening(self) -> None:
        """Close the descriptor. Call it when no process is left to make system calls."""
        if self._listener is not None:
            self._forget(self._broker.fileno() if self._broker else self._listener)
            os.close(self._listener)
            self._listener = None

    def allow_fork(self, process: int) -> None:
        """Let the process with this id fork once."""
        self._may_fork, self._has_forked = process, False

    def withdraw_fork(self) -> bool:
        """Withdraw the permission to fork. Returns whether it was used already."""
        self._may_fork = None
        return self._has_forked

    def _answer(self) -> None:
        assert self._listener is not None
        if call := supervision.receive(self._listener):
            supervision.respond(self._listener, call, self._errno_for(call))
        elif supervision.is_over(self._listener):  # else the loop would turn until all of them are reaped
            self.stop_listening()

    def _hear_broker(self) -> None:
        assert self._broker is not None
        if not self._broker.hear(self._judge):
            self.stop_listening()
            self._on_broker_end()

    def _judge(self, raw: bytes) -> None:
        assert self._listener is not None
        if call := supervision.understand(self._listener, raw):
            supervision.respond(self._listener, call, self._errno_for(call))

    def _errno_for(self, call: SystemCall) -> int:
        """Return the errno that a call fails with; 0 if it may go on."""
        if call.stays_inside:
            return 0
        if call.is_thread:
            return 0 if self._may_have_thread(call.process) else errno.EAGAIN
        if call.is_fork and call.process == self._may_fork:
            self._may_fork, self._has_forked = None, True
            return 0
        return errno.EPERM
