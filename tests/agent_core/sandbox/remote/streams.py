"""What tests of engines need to see the bytes alone: a far end that says them back."""

import asyncio

from agent_core.sandbox.policy import Limits
from agent_core.sandbox.remote.engine import ByteStream, Needs

NEEDS = Needs(Limits(memory_mb=512), network=False)
ECHO = ("python3", "-I", "-c", "import os\nwhile data := os.read(0, 65536):\n    os.write(1, data)")
SURROUNDINGS = ("python3", "-I", "-c", "import os\nos.write(1, repr(dict(os.environ)).encode())")


async def read_all(stream: ByteStream, size: int) -> bytes:
    """So many bytes, or those until the end."""
    data = b""
    while len(data) < size and (piece := await asyncio.wait_for(stream.read(size - len(data)), 30)):
        data += piece
    return data


async def said_back(stream: ByteStream, data: bytes) -> bytes:
    """What comes back of bytes that are sent."""
    reading = asyncio.create_task(read_all(stream, len(data)))
    await stream.write(data)
    return await reading
