"""One chat's processes, as the app knows them: by a number of its own, through the zygote."""

import asyncio
import itertools
import os
import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from agent_core.concurrency import run_to_completion
from agent_core.errors import SandboxError
from agent_core.sandbox.guest import frames
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.host.zygote_process import zygote
from agent_core.sandbox.policy import Limits

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ending:
    """How a worker came to its end, in words. limit: which limit it was killed for, None where for none.

    broken: whether its own workings were, which the next one from the same checkpoint would have, too.
    """

    how: str
    limit: str | None = None
    broken: bool = False


class Processes:
    """The worker and the checkpoints of one chat. checkpoints: the numbers of those that are kept."""

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self.checkpoints: list[int] = []
        self._workspace = workspace
        self._limits = limits
        self._number = next(_numbers)
        self._started = False
        self._zygote: object = None  # the process that they come from

    @property
    def are_there(self) -> bool:
        """Whether there are any, as far as is known here: with the zygote all are gone."""
        return self._started and self._zygote is zygote.process

    async def start(self) -> WorkerProcess:
        """Have the first worker forked and confined. Raises SandboxError."""
        self._started = True
        worker = await self._connected("spawn", workspace=str(self._workspace), limits=asdict(self._limits))
        self._zygote = zygote.process
        return worker

    async def fork_from_checkpoint(self, checkpoint: int) -> WorkerProcess:
        """Have a worker forked from a checkpoint. The worker before it must have ended. Raises SandboxError."""
        return await self._connected("fork", checkpoint=checkpoint)

    def make_checkpoint(self, checkpoint: int) -> None:
        """Make a checkpoint of the worker, which stands still from then on. Blocks. Raises SandboxError."""
        self.checkpoints = _checked(zygote.request("checkpoint", self._number, checkpoint=checkpoint).result())["kept"]

    def begin(self, processor_seconds: float) -> None:
        """Let the worker run."""
        zygote.notify("begin", self._number, processor_seconds=processor_seconds)

    async def end(self) -> Ending:
        """Kill the worker, if it still lives, and say how it came to its end."""
        try:
            answer = await self._request("end")
        except SandboxError:
            return Ending("it is gone")
        status = answer["status"]
        broken = status is not None and os.waitstatus_to_exitcode(status) == frames.FAILED
        return Ending(_describe(status), answer["reason"], broken)

    def end_now(self) -> None:
        """The same, blocking."""
        with suppress(SandboxError):  # gone with the zygote
            _checked(zygote.request("end", self._number).result())

    def drop(self, checkpoints: Iterable[int]) -> None:
        """Give up checkpoints."""
        dropped = set(checkpoints)
        self.checkpoints = [number for number in self.checkpoints if number not in dropped]
        zygote.notify("drop", self._number, checkpoints=sorted(dropped))

    async def close(self) -> None:
        """Kill all, and wait until they are gone."""
        if self._started:
            with suppress(SandboxError):  # gone with the zygote
                await self._request("close")

    async def _connected(self, do: str, **data: Any) -> WorkerProcess:
        """Ask for a worker that has the other ends of a socket and a pipe made here."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        output = FileIO(read)
        try:
            await self._request(do, [theirs.fileno(), write], **data)
        except BaseException:
            ours.close()
            output.close()
            await run_to_completion(self.end())
            raise
        finally:
            theirs.close()
            os.close(write)
        ours.setblocking(False)
        os.set_blocking(read, False)
        return WorkerProcess(ours, output)

    async def _request(self, do: str, descriptors: Iterable[int] = (), **data: Any) -> dict[str, Any]:
        """Ask the zygote, and wait for its answer even when cancelled: what it was told, it does."""
        answer = asyncio.wrap_future(zygote.request(do, self._number, list(descriptors), **data))
        await run_to_completion(asyncio.wait([answer]))
        return _checked(answer.result())


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise SandboxError(f"The sandbox could not go on: {answer['error']}.")
    return answer


def _describe(status: int | None) -> str:
    if status is None:
        return "it is gone"
    if os.WIFEXITED(status):
        return f"exit status {os.WEXITSTATUS(status)}"
    return signal.strsignal(os.WTERMSIG(status)) or f"signal {os.WTERMSIG(status)}"
