"""A line between a browser and the app, on loopback, whose connections can be reset in the middle."""

import contextlib
import socket
import struct
import threading
from typing import Self

_RESET = struct.pack("ii", 1, 0)


class BreakableLine:
    """Passes on what comes to `url`, until it is broken.

    Args:
        url: Where it leads.
    """

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._to = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._ends: set[socket.socket] = set()
        self._cut = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.break_off()

    def break_off(self, *, stay: bool = False) -> None:
        """Reset all connections. stay: also those that come, until `mend`."""
        self._cut = stay
        for end in list(self._ends):
            _reset(end)
        self._ends.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._cut = False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._cut:
                    _reset(near)
                    continue
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    _reset(near)
                    continue
                self._ends |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(come: socket.socket, go: socket.socket) -> None:
    """Pass on what comes, and how it ends: a browser that is not told of a reset would wait for ever."""
    try:
        while data := come.recv(65_536):
            go.sendall(data)
        go.shutdown(socket.SHUT_WR)
    except OSError:
        _reset(come)
        _reset(go)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RD)  # wakes who reads it
        end.close()
