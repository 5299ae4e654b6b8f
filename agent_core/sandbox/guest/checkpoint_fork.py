"""The worker's side of checkpoints: a copy of the worker that stays stopped until it is ordered to fork a worker."""

import os
import random
import socket
from collections.abc import Callable
from contextlib import suppress

from .channel import Channel
from .network import Network
from .streams import Streams

# As they were before the agent's code could change them.
_fork, _random_state, _set_random_state = os.fork, random.getstate, random.setstate


class CheckpointForks:
    """Forks copies of this process that serve as checkpoints.

    Args:
        orders: The socket to the zygote, which stops a copy as soon as it reports.
        channel: The connection to the host, which a copy gives up.
        streams: The standard streams, which a copy gives up.
        network: The connections of the agent's code, which a copy gives up.
    """

    def __init__(self, orders: socket.socket, channel: Channel, streams: Streams, network: Network) -> None:
        self._orders = orders
        self._channel = channel
        self._streams = streams
        self._network = network

    def fork_checkpoint(self, rehearse: Callable[[], None]) -> None:
        """Fork a checkpoint, as the zygote has ordered.

        It returns in this process, and again in each worker that is forked from the copy.

        Args:
            rehearse: Runs in this process while nobody waits. After a fork the first write to each page copies it,
                which would make the next step slow. The copy reports only after that, because the zygote may stop this
                process as soon as it does.
        """
        self._streams.restore()  # else the channel could have the number of one that the agent's code closed
        _, (new_orders, useless), _, _ = socket.recv_fds(self._orders, 64, 2)
        rehearsed, rehearsing = os.pipe()
        if self._is_new_process():
            os.close(rehearsing)
            os.read(rehearsed, 1)
            os.close(rehearsed)
            self._network.shut(useless)
            os.close(useless)
            self._channel.detach()
            self._streams.detach()
            self._report(new_orders, b"checkpoint")
            self._wait_for_orders()
        else:
            for descriptor in (new_orders, useless, rehearsed):
                os.close(descriptor)
            rehearse()
            os.close(rehearsing)
            self._reap_children()  # earlier checkpoints that were dropped

    def _wait_for_orders(self) -> None:
        """Wait, stopped for most of the time, and fork a worker for each order. Returns in the worker."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._orders, 64, 3)
            if not message:
                os._exit(0)
            self._reap_children()
            released, releasing = os.pipe()
            if self._is_new_process():
                os.close(releasing)
                # The zygote stops the copy as soon as this process reports: the copy must have closed these before.
                os.read(released, 1)
                os.close(released)
                new_orders, sock, output = descriptors
                self._channel.attach(sock)
                self._streams.attach(output)
                self._report(new_orders, b"running")
                return
            for descriptor in (released, *descriptors, releasing):  # closing the last one tells that the others are
                os.close(descriptor)

    def _is_new_process(self) -> bool:
        """Fork, and return whether this is the new process. In both, random numbers go on from where they were."""
        state = _random_state()
        try:
            is_new = _fork() == 0
        except OSError:
            self._orders.send(b"failed")
            return False
        if is_new:
            _set_random_state(state)  # a fork seeds them anew
        return is_new

    def _report(self, new_orders: int, message: bytes) -> None:
        """Take orders over a channel of this process's own from now on, and send a message over it."""
        os.dup2(new_orders, self._orders.fileno(), inheritable=False)
        os.close(new_orders)
        self._orders.send(message)

    def _reap_children(self) -> None:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
