"""A chat's far end as a process of another machine, beside what the engine has there.

This module is sent there as it is (ray_cluster.py, hf_job.py), before agent_core is: it imports the standard library
only.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

_END_SECONDS = 10.0  # for a far end to end its own processes after its input has ended


class FarProcess:
    """A process of the Python that this runs in, and the bytes of its standard input and output.

    Where its parent is killed, the process's input ends, and so does the process.
    """

    def __init__(self) -> None:
        self._process: Process | None = None

    async def start(self, arguments: list[str]) -> None:
        """Start it, with nothing of this process's environment.

        Args:
            arguments: What Python is told.
        """
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": tempfile.gettempdir()}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            start_new_session=True,
        )

    async def read(self, size: int) -> bytes:
        """Return the next bytes, `size` at most; b"" once the process has ended."""
        assert self._process and self._process.stdout
        return await self._process.stdout.read(size)

    async def write(self, data: bytes) -> None:
        """Pass bytes on. Raises OSError once the process has ended."""
        assert self._process and self._process.stdin
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def end(self) -> None:
        """End the process by ending its input; kill it if it does not end."""
        if not self._process or not self._process.stdin:
            return
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
