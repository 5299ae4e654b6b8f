"""Places for the sandboxes of tests: real far ends in child processes, each used again by the next sandbox."""

import asyncio
import json
import struct
from dataclasses import asdict

from agent_core.sandbox import Limits
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.remote.child_process import ChildEngine, ProcessStream
from agent_core.sandbox.remote.engine import Needs

_LAST = 2**40  # the number of the command whose reply is the last that is for the sandbox before
_free: list[ProcessStream] = []


class UsedAgain:
    """A far end that stays when its sandbox is closed: starting one takes seconds."""

    def __init__(self, stream: ProcessStream, *, is_new: bool) -> None:
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
    """As ChildEngine, but the far ends are used again."""

    name = ChildEngine.name
    place = ChildEngine.place

    async def connect(self, needs: Needs) -> UsedAgain:
        if _free:
            return UsedAgain(_free.pop(), is_new=False)
        return UsedAgain(await ChildEngine().connect(needs), is_new=True)
