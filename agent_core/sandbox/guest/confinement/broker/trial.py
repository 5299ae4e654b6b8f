"""Tries whether this machine can have a broker: a process with one, as a zygote and its worker are."""

import os
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from .. import supervision
from .broker_link import BrokerLink
from .broker_process import BrokerOrder

_LONGEST_SECONDS = 20.0


def enter(order: BrokerOrder) -> Callable[[int], object]:
    """Fork: the new process, which returns from here, has a broker; this one serves it, and ends with it.

    Args:
        order: What the broker is for; its group and zygote are this process.

    Returns:
        A function that takes the descriptor of the new process's calls.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child:
        theirs.close()
        _serve(child, ours, BrokerLink(order))
    ours.close()
    return lambda listener: socket.send_fds(theirs, [b"listener"], [listener])


def _serve(child: int, orders: socket.socket, broker: BrokerLink) -> NoReturn:
    """Do for a worker's process what the zygote does."""
    status = 1
    try:
        orders.settimeout(_LONGEST_SECONDS)
        _, descriptors, _, _ = socket.recv_fds(orders, 16, 1)
        with suppress(OSError):  # the broker could not begin: then the calls fail once nobody holds their descriptor
            for listener in descriptors:
                broker.begin(listener)
                _judge(listener, broker, os.pidfd_open(child))
        for listener in descriptors:
            os.close(listener)
        broker.end()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os._exit(status & 0xFF)


def _judge(listener: int, broker: BrokerLink, ended: int) -> None:
    """Let every call pass that is not on files, until the process has ended."""

    def let_pass(raw: bytes) -> None:
        if call := supervision.understand(listener, raw):
            supervision.respond(listener, call, 0)

    with selectors.DefaultSelector() as selector:
        selector.register(broker, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while ready := selector.select(_LONGEST_SECONDS):
            if any(key.fd == ended for key, _ in ready) or not broker.hear(let_pass):
                return
