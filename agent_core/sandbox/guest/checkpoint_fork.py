"""Checkpoints, from the inside: a copy of the worker that stands still until it is told to fork a worker again."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress

from .channel import Channel
from .network import Network
from .streams import Streams

_fork = os.fork  # as it was before the agent's code could change it


class CheckpointForks:
    """Forks copies of this process that wait. orders: the socket to the zygote, which stops a copy that is ready."""

    def __init__(self, orders: socket.socket, link: Channel, streams: Streams, network: Network) -> None:
        self._orders = orders
        self._link = link
        self._streams = streams
        self._network = network

    def fork_checkpoint(self, rehearse: Callable[[], None]) -> None:
        """Do what the zygote says: leave a copy behind. Returns here, and in each worker that comes from the copy.

        rehearse: done here, while nobody waits. After a fork each page that is written to is copied first, which would
        make the next step slow; the zygote may stop this process as soon as the copy says that it is parked.
        """
        self._streams.restore()  # else the channel could have the number of one that the agent's code closed
        _, (channel,), _, _ = socket.recv_fds(self._orders, 64, 1)
        rehearsed, rehearsing = os.pipe()
        if self._is_new_process():
            os.close(rehearsing)
            os.read(rehearsed, 1)
            os.close(rehearsed)
            self._network.shut()
            self._link.detach()
            self._streams.detach()
            self._report(channel, b"parked")
            self._wait_for_orders()
        else:
            for descriptor in (channel, rehearsed):
                os.close(descriptor)
            rehearse()
            os.close(rehearsing)
            self._reap_children()  # copies of before that were given up

    def _wait_for_orders(self) -> None:
        """Wait, stopped for most of the time, and fork a worker each time it is asked for. Returns in the worker."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._orders, 64, 3)
            if not message:
                os._exit(0)
            self._reap_children()
            let_go, letting_go = os.pipe()
            if self._is_new_process():
                os.close(letting_go)
                os.read(let_go, 1)  # the zygote stops this copy at the word: what it held then, it would hold on to
                os.close(let_go)
                channel, sock, output = descriptors
                self._link.attach(sock)
                self._streams.attach(output)
                self._report(channel, b"running")
                return
            for descriptor in (let_go, *descriptors, letting_go):  # the last one tells that the others are closed
                os.close(descriptor)

    def _is_new_process(self) -> bool:
        """Whether this is the new process of two."""
        try:
            return _fork() == 0
        except OSError:
            self._orders.send(b"failed")
            return False

    def _report(self, channel: int, word: bytes) -> None:
        """Have a channel of one's own, from now on, and say the word on it."""
        os.dup2(channel, self._orders.fileno(), inheritable=False)
        os.close(channel)
        self._orders.send(word)

    def _reap_children(self) -> None:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
