"""The network of the agent's code: Python's own sockets, whose connections the host makes.

The kernel lets nothing in the sandbox connect. `socket` asks the host instead, which looks up the name and passes the
connected descriptor. Whatever builds on `socket` and `asyncio` works as usual, TLS included.
"""

import asyncio.selector_events
import errno
import operator
import os
import resource
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from .channel import Channel
from .message_limits import LONGEST_HOST

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_Address = tuple[int, int, int, str, tuple[Any, ...]]


class HostDenied(ConnectionError):
    """The code may not connect to this host."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.strerror = message  # which clients quote


class Network:
    """Replaces the kernel's connections by the host's.

    Args:
        channel: The connection to the host.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._connections: set[tuple[int, int]] = set()  # (device, inode), the same for duplicates of a descriptor
        self._getaddrinfo = socket.getaddrinfo
        self._connect_itself = socket.socket.connect
        self._behind: WeakKeyDictionary[asyncio.BaseEventLoop, float] = WeakKeyDictionary()

    def install(self) -> None:
        """Make `socket` and `asyncio` ask the host. Call it before any of the agent's code runs."""
        behind = self._behind

        def connect(sock: socket.socket, address: Any, /) -> None:
            self._connect(sock, address)

        def connect_ex(sock: socket.socket, address: Any, /) -> int:
            return self._connect_ex(sock, address)

        def loop_time(self: asyncio.BaseEventLoop) -> float:
            return time.monotonic() - behind.get(self, 0.0)

        socket.socket.connect = connect
        socket.socket.connect_ex = connect_ex
        socket.getaddrinfo = self._addresses
        socket.gethostbyname = socket.gethostbyname_ex = socket.gethostbyaddr = _no_lookup
        asyncio.BaseEventLoop.time = loop_time
        asyncio.selector_events.__dict__["_HAS_SENDMSG"] = False  # from Python 3.12 on; the kernel refuses that call

    def shut(self, useless: int) -> None:
        """Disconnect this process from its connections, which another process continues to use.

        Their descriptors become unusable, as if they were closed, but their numbers are not reused.

        Args:
            useless: A descriptor that all calls on files and sockets refuse, as one that is not there.
        """
        for descriptor in range(3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
            with suppress(OSError):  # no descriptor has this number
                if _identity(descriptor) in self._connections:
                    os.dup2(useless, descriptor, inheritable=False)
        self._connections.clear()

    def _connect(self, sock: socket.socket, address: Any) -> None:
        if sock.family not in _INTERNET or sock.type != socket.SOCK_STREAM:
            self._connect_itself(sock, address)  # the kernel raises the right error
            return
        if _identity(sock.fileno()) in self._connections:
            raise OSError(errno.EISCONN, os.strerror(errno.EISCONN))
        host, port = _target(address)
        began = time.monotonic()
        try:
            descriptor = self._ask(host, port, sock.gettimeout() or None)
        finally:
            self._hold_clock(time.monotonic() - began)
        self._take(sock, descriptor)

    def _connect_ex(self, sock: socket.socket, address: Any) -> int:
        try:
            self._connect(sock, address)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno is None:
                raise
            return error.errno
        return 0

    def _ask(self, host: str, port: int, seconds: float | None) -> int:
        """Return the descriptor of a new connection. If a person must decide, it waits for the decision."""
        answer = self._channel.request({"type": "connect", "host": host, "port": port, "seconds": seconds})
        if "error" in answer:
            raise ConnectionAbortedError(errno.ECONNABORTED, answer["error"])
        value = answer["value"]
        match value["outcome"]:
            case "connected":
                return answer["descriptor"]
            case "denied":
                raise HostDenied(value["message"])
            case "unknown":
                raise socket.gaierror(socket.EAI_NONAME, value["message"])
            case _:
                raise OSError(value["errno"], value["message"])

    def _take(self, sock: socket.socket, descriptor: int) -> None:
        """Give a socket this connection. Its descriptor's number and its timeout stay."""
        timeout = sock.gettimeout()
        try:
            os.dup2(descriptor, sock.fileno(), inheritable=False)
        finally:
            os.close(descriptor)
        self._connections.add(_identity(sock.fileno()))
        super(socket.socket, sock).__init__(fileno=sock.fileno())  # it may be of the other family now
        sock.settimeout(timeout)

    def _hold_clock(self, seconds: float) -> None:
        """Set the event loop's clock back, so that no timeout runs while a person is asked."""
        with suppress(RuntimeError):  # there is no loop in this thread
            loop = asyncio.get_running_loop()
            if isinstance(loop, asyncio.BaseEventLoop):
                self._behind[loop] = self._behind.get(loop, 0.0) + seconds

    def _addresses(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Sequence[_Address]:
        """Replace `socket.getaddrinfo`. A name is returned as its own address: the host looks it up on connecting."""
        if flags & socket.AI_NUMERICHOST:
            return self._getaddrinfo(host, port, family, type, proto, flags)
        if type not in (0, socket.SOCK_STREAM) or proto not in (0, socket.IPPROTO_TCP):
            raise socket.gaierror(socket.EAI_SOCKTYPE, "Only TCP connections can be made from here.")
        name = host.decode() if isinstance(host, (bytes, bytearray)) else host or "localhost"
        number = self._getaddrinfo("127.0.0.1", port, socket.AF_INET, socket.SOCK_STREAM)[0][4][1]
        if ":" in name:
            family = socket.AF_INET6
        elif family != socket.AF_INET6:
            family = socket.AF_INET
        address = (name, number, 0, 0) if family == socket.AF_INET6 else (name, number)
        return [(socket.AddressFamily(family), socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]


def denial_in(error: BaseException) -> HostDenied | None:
    """Return the denial that caused an error, because clients wrap it in errors of their own; None for none."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if isinstance(current, HostDenied):
            return current
        if id(current) not in seen:
            seen.add(id(current))
            causes = (current.__cause__, current.__context__)
            parts = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
            waiting += [cause for cause in (*parts, *causes) if cause]
    return None


def _target(address: Any) -> tuple[str, int]:
    host, port = address[0] or "localhost", operator.index(address[1])
    if isinstance(host, (bytes, bytearray)):
        host = host.decode()
    if not 0 < port < 2**16:
        raise OverflowError("connect(): port must be 1-65535.")
    if len(host) > LONGEST_HOST:
        raise socket.gaierror(socket.EAI_NONAME, "The name of the host is too long.")
    return host, port


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _no_lookup(*_: Any) -> NoReturn:
    raise socket.gaierror(socket.EAI_FAIL, "Names cannot be looked up from here; connect by the name of the host.")
