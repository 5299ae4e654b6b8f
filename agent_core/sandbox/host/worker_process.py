"""The host's connection to one worker: its socket and its output."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from io import FileIO
from typing import Any

from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.worker_messages import WorkerMessage, parse

_CHUNK = 2**16


class WorkerLost(Exception):
    """The worker is gone, or sent an invalid message."""


class WorkerProcess:
    """A worker's socket and output. After WorkerLost the process can only be ended.

    Args:
        sock: The socket to the worker, non-blocking.
        output: The pipe that the worker prints to, non-blocking.

    Attributes:
        received: The bytes that have arrived over the socket.
    """

    def __init__(self, sock: socket.socket, output: FileIO) -> None:
        self.received = 0
        self._socket = sock
        self._output = output
        self._decoder = wire_format.Decoder(wire_format.SHOWN_LIMIT)
        self._output_open = True
        self._outgoing = bytearray()
        self._readable: asyncio.Future[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the worker is alive, as far as the socket tells."""
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def send(self, data: bytes, descriptor: int | None = None) -> None:
        """Send a frame. What a cancellation leaves unsent is sent before the next frame.

        Args:
            data: The frame.
            descriptor: A descriptor to send with it; None for none.

        Raises:
            WorkerLost: The worker is gone.
        """
        if descriptor is not None:
            await self.send(b"")
            data = data[await self._send_descriptor(data, descriptor) :]
        self._outgoing += data
        while self._outgoing:
            try:
                del self._outgoing[: self._socket.send(self._outgoing)]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                raise WorkerLost from error

    def receive(self) -> WorkerMessage | None:
        """Return the next message; None if none is complete. Raises WorkerLost."""
        try:
            if not self._decoder.ready:
                data = self._socket.recv(4 * _CHUNK)
                if not data:
                    raise WorkerLost
                self.received += len(data)
                self._decoder.feed(data)
            body = self._decoder.next()
            return None if body is None else parse(body)
        except BlockingIOError:
            return None
        except OSError as error:
            raise WorkerLost from error
        except ValueError as error:  # a FrameError, or an invalid message
            raise WorkerLost from error

    def read_output(self) -> bytes:
        """Return what was printed and has not been read yet; a pipe's capacity at most."""
        if not self._output_open:
            return b""
        data = self._output.read(max(_waiting_in(self._output), 1))
        self._output_open = data != b""
        return data or b""

    async def wait(self, tasks: Iterable[asyncio.Task[Any]], seconds: float | None) -> None:
        """Wait for output, a message, the end of one of the tasks, or the given time; None for no limit."""
        if self._decoder.ready:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        readable = self._readable = loop.create_future()
        watched = [self._socket.fileno(), *([self._output.fileno()] if self._output_open else [])]
        for descriptor in watched:
            loop.add_reader(descriptor, _wake, readable)
        try:
            await asyncio.wait({readable, *tasks}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._readable = None
            for descriptor in watched:
                loop.remove_reader(descriptor)

    def interrupt_wait(self) -> None:
        """Make `wait` return now."""
        if self._readable:
            _wake(self._readable)

    async def _send_descriptor(self, data: bytes, descriptor: int) -> int:
        while True:
            try:
                return socket.send_fds(self._socket, [data], [descriptor])
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                raise WorkerLost from error

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        writable = loop.create_future()
        descriptor = self._socket.fileno()
        loop.add_writer(descriptor, _wake, writable)
        try:
            await writable
        finally:
            loop.remove_writer(descriptor)

    def close(self) -> None:
        """Close the descriptors."""
        self._socket.close()
        self._output.close()


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _waiting_in(pipe: FileIO) -> int:
    """Return how many bytes can be read at once."""
    import fcntl  # neither is there on Windows, where the library is imported too
    import termios

    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
