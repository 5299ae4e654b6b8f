"""Checkpoints, from the inside: a copy of the worker that stands still until it is told to fork a worker again."""

import os
import socket
from contextlib import suppress

from .link import Link
from .network import Network
from .streams import Streams

_fork = os.fork  # as it was before the agent's code could change it


class Parking:
    """Parks copies of this process. orders: the socket to the zygote, which stops whoever has parked."""

    def __init__(self, orders: socket.socket, link: Link, streams: Streams, network: Network) -> None:
        self._orders = orders
        self._link = link
        self._streams = streams
        self._network = network

    def park(self) -> None:
        """Do what the zygote says: leave a copy behind. Returns here, and in each worker that comes from the copy."""
        self._orders.recv(64)
        if _fork() == 0:
            self._network.shut()
            self._link.detach()
            self._streams.detach()
            self._orders.send(b"parked")
            self._stay()

    def _stay(self) -> None:
        """Wait, stopped for most of the time, and fork a worker each time it is asked for. Returns in the worker."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._orders, 64, 2)
            if not message:
                os._exit(0)
            self._bury_children()
            if _fork() == 0:
                sock, output = descriptors
                self._link.attach(sock)
                self._streams.attach(output)
                self._orders.send(b"running")
                return
            for descriptor in descriptors:
                os.close(descriptor)

    def _bury_children(self) -> None:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
