"""Places for the sandboxes of tests: real far ends, each used again by the next sandbox."""

import asyncio
import atexit
import json
import struct
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_core.sandbox import Limits
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.remote import hf_job
from agent_core.sandbox.remote.child_process import ChildEngine
from agent_core.sandbox.remote.engine import ByteStream, Engine, Needs
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from agent_core.sandbox.remote.ray_cluster import RayEngine
from tests.doubles.hf_sandbox_server import sandbox_server
from tests.support import free_port

if TYPE_CHECKING:
    from agent_core.sandbox.remote.websocket_stream import WebsocketStream

_LAST = 2**40  # the number of the command whose reply is the last that is for the sandbox before
_lasting = ExitStack()
atexit.register(_lasting.close)
_free: list[ByteStream] = []


class UsedAgain:
    """A far end that stays when its sandbox is closed: starting one takes seconds."""

    def __init__(self, stream: ByteStream, *, is_new: bool) -> None:
        self._stream = stream
        self._left_out = 0 if is_new else -1  # bytes of the archive, which an old one has
        self._said = b"" if is_new else wire_format.encode({"type": "ready"})
        self._closed = False

    async def read(self, size: int) -> bytes:
        if said := self._said:
            self._said = b""
            return said
        return await self._stream.read(size)

    async def write(self, data: bytes) -> None:
        if self._left_out < 0:
            (length,) = struct.unpack_from("!I", data)
            assert len(data) == length + 4
            self._left_out = 0
        else:
            await self._stream.write(data)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            if await self._is_clean():
                _free.append(self._stream)
            else:
                await self._stream.close()

    async def _is_clean(self) -> bool:
        """Have it forget the sandbox. Returns whether it has."""
        order = {"id": _LAST, "do": "open", "limits": asdict(Limits())}
        decoder = wire_format.Decoder()
        try:
            async with asyncio.timeout(20):
                await self._stream.write(wire_format.encode(order))
                while data := await self._stream.read(2**18):
                    decoder.feed(data)
                    while body := decoder.next():
                        if body.startswith(b"{") and json.loads(body).get("id") == _LAST:
                            return True
        except (OSError, TimeoutError, wire_format.FrameError):
            pass
        return False


class ThriftyEngine:
    """As another engine, but the far ends are used again."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine or ChildEngine()
        self.name, self.place = self._engine.name, self._engine.place

    async def connect(self, needs: Needs) -> UsedAgain:
        if _free:
            return UsedAgain(_free.pop(), is_new=False)
        return UsedAgain(await self._engine.connect(needs), is_new=True)


def ray_engine() -> ThriftyEngine:
    """At a cluster of two nodes, which lasts as long as this process."""
    from tests.doubles.ray_nodes import ray_nodes

    cluster = _lasting.enter_context(ray_nodes())
    return ThriftyEngine(RayEngine(str(cluster.address), processors=0.01))


def hugging_face_engine() -> ThriftyEngine:
    """At Hugging Face's stand-in, which lasts as long as this process."""
    folder, patch = Path(_lasting.enter_context(tempfile.TemporaryDirectory())), pytest.MonkeyPatch()
    server = _lasting.enter_context(sandbox_server(folder, patch))
    server.renew({"hf_token": "me"})
    return ThriftyEngine(_OneMachine())


class _OneMachine(HuggingFaceEngine):
    """All machines are this one, so each far end needs a port of its own."""

    def __init__(self) -> None:
        super().__init__("hf_token", "hf.co/spaces/me/glassbox")
        self._lock = asyncio.Lock()

    async def connect(self, needs: Needs) -> "WebsocketStream":
        async with self._lock:
            hf_job.PORT = free_port()
            return await super().connect(needs)
