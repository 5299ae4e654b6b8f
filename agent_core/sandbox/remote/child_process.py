"""A far end in a child process of the app, over its pipes."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from agent_core.errors import SandboxError
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.shipping import FAR_COMMAND

_END_SECONDS = 10.0  # for a far end to end its own processes after its input has ended


class ProcessStream:
    """The standard input and output of a child process.

    Args:
        process: The process, with pipes.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def of(cls, command: Sequence[str], environment: dict[str, str] | None = None) -> Self:
        """Start a process in a session of its own, so that Ctrl+C ends the app first, in its own order.

        Args:
            command: The program and its arguments.
            environment: Its environment; None for the app's.

        Raises:
            SandboxError: It cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise SandboxError(f"{command[0]} cannot be started: {error.strerror}.") from None
        return cls(process)

    async def read(self, size: int) -> bytes:
        assert self._process.stdout
        return await self._process.stdout.read(size)

    async def write(self, data: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def ended(self) -> bool:
        """Close its input, and return whether it ends in some seconds."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        if not await self.ended():
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class ChildEngine:
    """Sandboxes in processes of this machine that share only two pipes with the app: to try how it is elsewhere."""

    name = "child"
    place = "Code runs on this machine, in a process that is not the app's."

    async def connect(self, needs: Needs) -> ProcessStream:
        return await ProcessStream.of([sys.executable, *FAR_COMMAND[1:]], {"PATH": "/usr/local/bin:/usr/bin:/bin"})
