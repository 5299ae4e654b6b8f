"""The worker's end of the socket to its host. Any thread of the agent's code may ask something over it."""

import itertools
import json
import os
import select
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import frames
from .interrupts import Interrupts

_RUN = 0  # the place of the host's next order; requests are numbered from 1


class Link:
    """Sends frames, and hands what the host sends to the thread that waits for it.

    There is no reading thread, which would not survive a fork: of the threads that wait, one reads for all of them.
    """

    def __init__(self, sock: socket.socket, interrupts: Interrupts) -> None:
        self._socket = sock
        self._interrupts = interrupts
        self._decoder = frames.Decoder()
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._reading = False
        self._awaited = {_RUN}
        self._arrived: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        # A process that the agent's code forks must not speak for the worker; it ends when it tries.
        os.register_at_fork(after_in_child=sock.close)

    def next_run(self) -> dict[str, Any]:
        """Wait for the host to send the next piece of code."""
        return self._wait(_RUN)

    def send(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> None:
        if self._socket.fileno() < 0:
            os._exit(0)
        data = frames.encode(frame, default)
        with self._sending:
            self._socket.sendall(data)

    def request(self, frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """Send a frame and wait for its answer; a step that is interrupted has all its requests answered at once."""
        number = next(self._numbers)
        with self._interrupts.held():
            self._awaited.add(number)
            try:
                self.send({**frame, "id": number}, default)
                return self._wait(number)
            finally:
                self._awaited.discard(number)

    def _wait(self, number: int) -> dict[str, Any]:
        with self._changed:
            while number not in self._arrived:
                if self._reading:
                    self._changed.wait()
                else:
                    self._read()
            return self._arrived.pop(number)

    def _read(self) -> None:
        """Wait for data, with the condition released, and file the frames that are complete."""
        self._reading = True
        self._changed.release()
        try:
            select.select([self._socket], [], [])
        finally:
            self._changed.acquire()
            self._reading = False
            self._changed.notify_all()
        data = self._socket.recv(2**18)
        if not data:
            os._exit(0)  # the host is gone or has no more use for this worker
        self._decoder.feed(data)
        while (body := self._decoder.next()) is not None:
            frame = json.loads(body)
            if frame["id"] in self._awaited:
                self._arrived[frame["id"]] = frame
