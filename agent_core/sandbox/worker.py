"""The host's end of one worker: its process, its socket and its output."""

import asyncio
import fcntl
import itertools
import os
import signal
import socket
import struct
import termios
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .inside import frames
from .messages import Message, parse
from .zygote import zygote

_CHUNK = 2**16
_numbers = itertools.count(1)


class WorkerLost(Exception):
    """The worker is gone, or sent what no worker sends."""


class Worker:
    """A worker process. After WorkerLost all that can be done with it is to end it."""

    def __init__(self, number: int, sock: socket.socket, output: FileIO) -> None:
        self._number = number
        self._socket = sock
        self._output = output
        self._decoder = frames.Decoder()
        self._output_open = True
        self._outgoing = bytearray()

    @classmethod
    async def start(cls, workspace: Path) -> "Worker":
        """Have a worker forked. Raises SandboxError."""
        number = next(_numbers)
        try:
            return cls(number, *await zygote.spawn(number, workspace))
        except BaseException:
            zygote.end_soon(number)
            raise

    async def send(self, data: bytes) -> None:
        """Send a frame. What a cancellation leaves unsent goes out before the next one. Raises WorkerLost."""
        self._outgoing += data
        while self._outgoing:
            try:
                del self._outgoing[: self._socket.send(self._outgoing)]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                raise WorkerLost from error

    def receive(self) -> Message | None:
        """The next message, if a whole one is there. Raises WorkerLost."""
        try:
            if not self._decoder.ready:
                data = self._socket.recv(4 * _CHUNK)
                if not data:
                    raise WorkerLost
                self._decoder.feed(data)
            body = self._decoder.next()
            return None if body is None else parse(body)
        except BlockingIOError:
            return None
        except OSError as error:
            raise WorkerLost from error
        except (frames.FrameError, ValidationError) as error:
            raise WorkerLost from error

    def read_output(self) -> bytes:
        """What was printed and not read yet, in one piece of bounded size."""
        if not self._output_open:
            return b""
        waiting = struct.unpack("i", fcntl.ioctl(self._output, termios.FIONREAD, bytes(4)))[0]
        data = self._output.read(max(waiting, 1))
        self._output_open = data != b""
        return data or b""

    async def wait(self, tasks: Iterable[asyncio.Task[Any]], seconds: float | None) -> None:
        """Wait until there is something to read or receive, one of the tasks is done, or the time is over."""
        if self._decoder.ready:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        readable = loop.create_future()
        watched = [self._socket.fileno(), *([self._output.fileno()] if self._output_open else [])]
        for descriptor in watched:
            loop.add_reader(descriptor, _wake, readable)
        try:
            await asyncio.wait({readable, *tasks}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for descriptor in watched:
                loop.remove_reader(descriptor)

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        writable = loop.create_future()
        descriptor = self._socket.fileno()
        loop.add_writer(descriptor, _wake, writable)
        try:
            await writable
        finally:
            loop.remove_writer(descriptor)

    async def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs."""
        await zygote.interrupt(self._number)

    async def kill(self) -> str:
        """Kill the process, if it still lives, and say how it came to its end."""
        return _describe(await zygote.end(self._number))

    def discard(self) -> None:
        """Let go of the worker without waiting for its end."""
        zygote.end_soon(self._number)
        self.close()

    def close(self) -> None:
        """Let go of the descriptors."""
        self._socket.close()
        self._output.close()


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _describe(status: int | None) -> str:
    if status is None:
        return "it is gone"
    if os.WIFEXITED(status):
        return f"exit status {os.WEXITSTATUS(status)}"
    return signal.strsignal(os.WTERMSIG(status)) or f"signal {os.WTERMSIG(status)}"
