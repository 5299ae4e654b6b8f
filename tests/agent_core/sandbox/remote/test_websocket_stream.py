"""A websocket whose other end does as it likes."""

import asyncio
import logging

import pytest
from websockets.asyncio.server import ServerConnection, serve

from agent_core.sandbox.remote import websocket_stream
from agent_core.sandbox.remote.websocket_stream import WebsocketStream, open_websocket

pytestmark = pytest.mark.here


async def test_an_end_that_takes_nothing_can_be_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket_stream, "_CLOSE_SECONDS", 0.2)
    ended, over = asyncio.Event(), asyncio.Event()

    async def take_nothing(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await over.wait()
        connection.transport.abort()

    async def end() -> None:
        ended.set()

    async with serve(take_nothing, "127.0.0.1", 0) as server:
        connection = await open_websocket(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", {})
        assert connection
        stream = WebsocketStream(connection, end)
        writing = asyncio.create_task(stream.write(bytes(20_000_000)))
        await asyncio.sleep(0.3)
        assert not writing.done()
        await asyncio.wait_for(stream.close(), 10)
        assert ended.is_set()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(writing, 20)
        over.set()


async def test_no_header_is_logged(caplog: pytest.LogCaptureFixture):
    async def leave(connection: ServerConnection) -> None:
        await connection.close()

    with caplog.at_level(logging.DEBUG):
        async with serve(leave, "127.0.0.1", 0, logger=logging.getLogger("elsewhere").getChild("quiet")) as server:
            logging.getLogger("elsewhere").setLevel(logging.WARNING)
            address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            assert await open_websocket(address, {"Authorization": "Bearer hf_secret"})
    assert "hf_secret" not in caplog.text
