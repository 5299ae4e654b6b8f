"""Passes bytes between a far end and the one websocket that connects to it, on a machine that is reached by a proxy.

This module is sent there as a text, behind that of far_process.py, before agent_core is there (hf_job.py): it imports
the standard library and websockets only.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from agent_core.sandbox.remote.far_process import FarProcess

_CHUNK = 64 * 1024  # bytes of a message
_WAIT_SECONDS = 60.0  # for the app to connect
_SILENT_SECONDS = 60.0  # without an answer to a ping, until the app counts as gone


async def pass_on(port: int, arguments: list[str], far: "FarProcess") -> None:
    """Start a far end for the first websocket that connects, and end with whichever of both ends first.

    Args:
        port: Of this machine alone.
        arguments: What Python is told.
        far: The process, not started.
    """
    taken, over = asyncio.Event(), asyncio.Event()

    async def link(connection: ServerConnection) -> None:
        if taken.is_set():
            return
        taken.set()
        try:
            await far.start(arguments)
            await _join(connection, far)
        finally:
            over.set()

    options = {"compression": None, "max_size": 2**20, "ping_timeout": _SILENT_SECONDS}
    async with serve(link, "127.0.0.1", port, **options):
        with suppress(TimeoutError):
            await asyncio.wait_for(taken.wait(), _WAIT_SECONDS)
            await over.wait()
    await far.end()


async def _join(connection: ServerConnection, far: "FarProcess") -> None:
    async def to_the_process() -> None:
        async for data in connection:
            await far.write(data if isinstance(data, bytes) else data.encode())

    async def to_the_app() -> None:
        while data := await far.read(_CHUNK):
            await connection.send(data)

    ways = [asyncio.ensure_future(way) for way in (to_the_process(), to_the_app())]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosed, OSError):
            await way
