"""The worker's end of the socket to its host. Any thread of the agent's code may ask something over it."""

import itertools
import json
import os
import re
import resource
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import frames

_NUMBER = re.compile(rb'\{"id": (\d+)')  # how the host's frames begin
_RUN = 0  # the place of the host's next order; requests are numbered from 1


class Channel:
    """Sends frames, and hands what the host sends to the thread that waits for it.

    There is no reading thread, which would not survive a fork: of the threads that wait, one reads for all of them.
    orders: the socket of the zygote's orders, which are waited for beside the host's.
    """

    def __init__(self, sock: socket.socket, orders: socket.socket) -> None:
        self._socket = sock
        self._orders = orders
        self._numbers = itertools.count(1)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._decoder = frames.Decoder()
        self._descriptors: deque[int] = deque()
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._reading = False
        self._ordered = False
        self._awaited = {_RUN}
        self._arrived: dict[int, dict[str, Any]] = {}

    def detach(self) -> None:
        """Let go of the host; the descriptor's number stays taken."""
        with Path(os.devnull).open("r+b") as nothing:
            os.dup2(nothing.fileno(), self._socket.fileno(), inheritable=False)

    def attach(self, sock: int) -> None:
        """Speak to a host again, over this socket. For a fork: no other thread is there any more."""
        os.dup2(sock, self._socket.fileno(), inheritable=False)
        os.close(sock)
        self._begin_anew()

    def next_run(self) -> dict[str, Any] | None:
        """Wait for the host to send the next piece of code; None where the zygote has an order."""
        with self._changed:
            while not self._ordered and _RUN not in self._arrived:
                self._wait_or_read()
            if self._ordered:
                self._ordered = False
                return None
            return self._arrived.pop(_RUN)

    def send(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> None:
        data = frames.encode_said(frame, default)
        with self._sending:
            self._socket.sendall(data)

    def request(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """Send a frame and wait for its answer. A descriptor that comes with it is its "descriptor"."""
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
        """Wait for data, with the condition released, and file the frames that are complete."""
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
            os._exit(0)  # the host is gone or has no more use for this worker
        self._descriptors.extend(descriptors)
        with _all_memory():  # half a frame would be the end of all talk
            self._decoder.feed(data)
            bodies = list(iter(self._decoder.next, None))
        for body in bodies:
            self._file(_read(body))

    def _file(self, frame: dict[str, Any]) -> None:
        if frame.pop("with_descriptor", False):
            frame["descriptor"] = self._descriptors.popleft()
        if frame["id"] in self._awaited:
            self._arrived[frame["id"]] = frame
        elif "descriptor" in frame:
            os.close(frame["descriptor"])


def _read(body: bytes) -> dict[str, Any]:
    """The frame; where there is no memory for it, one that tells this to whoever waits for it."""
    try:
        return json.loads(body)
    except MemoryError:
        number = _NUMBER.match(body)
        return {"id": int(number[1]) if number else _RUN, "too_large": True}


@contextmanager
def _all_memory() -> Iterator[None]:
    """Lift the limit that holds for the agent's code."""
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))
