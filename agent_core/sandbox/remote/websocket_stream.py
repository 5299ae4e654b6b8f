"""A byte stream over a websocket, to what listens behind a proxy (websocket_end.py)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

_CHUNK = 256 * 1024  # bytes of a message
_LARGEST = 2**20  # bytes of a message from there
_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_SILENT_SECONDS = 60.0  # without an answer to a ping, until the other end counts as gone
_quiet = logging.getLogger(f"{__name__}.quiet")
_quiet.setLevel(logging.WARNING)  # below that, headers are logged, and the token with them


class WebsocketStream:
    """The bytes of a far end behind a websocket.

    Args:
        connection: The open websocket.
        end: Ends what the far end runs in.
    """

    def __init__(self, connection: ClientConnection, end: Callable[[], Awaitable[None]]) -> None:
        self._connection = connection
        self._end = end
        self._read = b""

    async def read(self, size: int) -> bytes:
        try:
            while not self._read:
                self._read = await self._connection.recv(decode=False)
        except ConnectionClosed:
            return b""
        data, self._read = self._read[:size], self._read[size:]
        return data

    async def write(self, data: bytes) -> None:
        try:
            for start in range(0, len(data), _CHUNK):
                await self._connection.send(data[start : start + _CHUNK])
        except ConnectionClosed:
            raise ConnectionResetError("the websocket is closed") from None

    async def close(self) -> None:
        try:
            async with asyncio.timeout(2 * _CLOSE_SECONDS):
                await self._connection.close()
        except TimeoutError:  # the other end takes nothing, not even a farewell
            self._connection.transport.abort()
        finally:
            await self._end()


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """Follow no redirect: it would take the headers, and the token in them, to where an answer points."""
        return exc


async def open_websocket(address: str, headers: dict[str, str]) -> ClientConnection | None:
    """Open a websocket; None if nothing takes it there now.

    Args:
        address: From "wss://" on.
        headers: Sent with the request.
    """
    try:
        return await _Connect(
            address,
            additional_headers=headers,
            logger=_quiet,
            compression=None,
            max_size=_LARGEST,
            open_timeout=_OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            ping_timeout=_SILENT_SECONDS,
        )
    except (InvalidHandshake, ConnectionClosed, OSError):  # a TimeoutError is one, too
        return None
