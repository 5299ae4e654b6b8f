"""The worker's end of the socket to its host. Any thread of the agent's code may make requests over it."""

import itertools
import json
import os
import re
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import wire_format
from .memory_limit import memory_limit

_NUMBER = re.compile(rb'\{"id": (\d+)')  # how the host's frames begin
_RUN = 0  # the number under which the host sends code to run; requests are numbered from 1


class Channel:
    """Sends frames, and hands each reply of the host to the thread that waits for it.

    There is no reader thread, because it would not survive a fork: of the threads that wait, one reads for all.

    Args:
        sock: The socket to the host.
        orders: The socket to the zygote, watched beside it.
    """

    def __init__(self, sock: socket.socket, orders: socket.socket) -> None:
        self._socket = sock
        self._orders = orders
        self._numbers = itertools.count(1)
        self._reset()

    def _reset(self) -> None:
        self._decoder = wire_format.Decoder()
        self._descriptors: deque[int] = deque()
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._reading = False
        self._ordered = False
        self._awaited = {_RUN}
        self._arrived: dict[int, dict[str, Any]] = {}

    def detach(self) -> None:
        """Disconnect from the host. The descriptor's number stays taken."""
        with Path(os.devnull).open("r+b") as nothing:
            os.dup2(nothing.fileno(), self._socket.fileno(), inheritable=False)

    def attach(self, sock: int) -> None:
        """Connect to a host again over this socket. Call it right after a fork, while there is no other thread."""
        os.dup2(sock, self._socket.fileno(), inheritable=False)
        os.close(sock)
        self._reset()

    def next_run(self) -> dict[str, Any] | None:
        """Wait for the next frame with code from the host. Return None if the zygote sent an order instead."""
        with self._changed:
            while not self._ordered and _RUN not in self._arrived:
                self._wait_or_read()
            if self._ordered:
                self._ordered = False
                return None
            return self._arrived.pop(_RUN)

    def send(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> None:
        data = wire_format.encode_from_worker(frame, default)
        with self._sending:
            self._socket.sendall(data)

    def request(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Args:
            frame: The request, "type" first. An "id" is added.
            default: Turns what JSON cannot hold into plain data.

        Returns:
            The reply; a descriptor that came with it is under "descriptor".

        Raises:
            MemoryError: There is not enough memory for the reply.
        """
        number = next(self._numbers)
        self._awaited.add(number)
        try:
            self.send({**frame, "id": number}, default)
            with self._changed:
                while number not in self._arrived:
                    self._wait_or_read()
                answer = self._arrived.pop(number)
        finally:
            self._awaited.discard(number)
        if answer.get("too_large"):
            raise MemoryError
        return answer

    def _wait_or_read(self) -> None:
        if self._reading:
            self._changed.wait()
        else:
            self._read()

    def _read(self) -> None:
        """Wait for data with the condition released, and sort in the frames that are complete."""
        self._reading = True
        self._changed.release()
        try:
            readable, _, _ = select.select([self._socket, self._orders], [], [])
        finally:
            self._changed.acquire()
            self._reading = False
            self._changed.notify_all()
        self._ordered = self._orders in readable
        if self._socket in readable:
            self._receive()

    def _receive(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._socket, 2**18, 8)
        if not data:
            os._exit(0)  # the host is gone, or no longer needs this worker
        self._descriptors.extend(descriptors)
        with memory_limit(None):  # a frame that is read in part would break the stream
            self._decoder.feed(data)
            bodies = list(iter(self._decoder.next, None))
        for body in bodies:
            self._sort_in(_parse(body))

    def _sort_in(self, frame: dict[str, Any]) -> None:
        if frame.pop("with_descriptor", False):
            frame["descriptor"] = self._descriptors.popleft()
        if frame["id"] in self._awaited:
            self._arrived[frame["id"]] = frame
        elif "descriptor" in frame:
            os.close(frame["descriptor"])


def _parse(body: bytes) -> dict[str, Any]:
    """Return the frame; if there is not enough memory for it, one that says so to the thread that waits."""
    try:
        return json.loads(body)
    except MemoryError:
        number = _NUMBER.match(body)
        return {"id": int(number[1]) if number else _RUN, "too_large": True}
