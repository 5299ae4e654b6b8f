"""One chat's processes, which the zygote starts and ends on the app's orders."""

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
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.host.zygote_process import ZygoteGone, zygote
from agent_core.sandbox.policy import Limits

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes:
        how: A description, such as "exit status 1".
        limit: The limit that it was killed for; None for none.
        broken: Whether the worker itself failed, so that the next one from the same checkpoint would fail too.
    """

    how: str
    limit: str | None = None
    broken: bool = False


class Processes:
    """The worker and the checkpoints of one chat.

    Args:
        workspace: The folder that the code works in.
        limits: The kernel holds the processes to the highest values of these; `begin` names those of each step.

    Attributes:
        checkpoints: The numbers of the checkpoints that exist.
    """

    def __init__(self, workspace: Path, limits: Limits) -> None:
        self.checkpoints: list[int] = []
        self._workspace = workspace
        self._limits = limits
        self._number = next(_numbers)
        self._started = False
        self._zygote: object = None  # the process that forked them

    @property
    def exist(self) -> bool:
        """Whether there are processes, as far as is known here. If the zygote is gone, all are."""
        return self._started and self._zygote is zygote.process

    async def start(self) -> WorkerProcess:
        """Start the first worker, confined, and make checkpoint 0 of it. Raises SandboxError."""
        self._started = True
        chat = {"workspace": str(self._workspace), "limits": asdict(self._limits.highest)}
        try:
            worker = await self._connected("spawn", **chat)
        except ZygoteGone:  # in this very moment; the next one can be asked
            worker = await self._connected("spawn", **chat)
        self._zygote = zygote.process
        with suppress(SandboxError):  # without it, a chat that goes back to the start needs new processes
            self.checkpoints = (await self._request("checkpoint", checkpoint=0))["kept"]
        return worker

    async def fork_from_checkpoint(self, checkpoint: int) -> WorkerProcess:
        """Start a worker from a checkpoint. The worker before it must have ended. Raises SandboxError."""
        return await self._connected("fork", checkpoint=checkpoint)

    def make_checkpoint(self, checkpoint: int) -> None:
        """Make a checkpoint of the worker, which is stopped from then on. Blocks. Raises SandboxError."""
        self.checkpoints = _checked(zygote.request("checkpoint", self._number, checkpoint=checkpoint).result())["kept"]

    def begin(self, limits: Limits) -> None:
        """Let the worker run a step, watched by these limits."""
        watched = asdict(limits) | {"processor_seconds": limits.processor_allowance}
        zygote.notify("begin", self._number, limits=watched)

    def extend(self, processor_seconds: float) -> None:
        """Let the running step use so much more processor time."""
        zygote.notify("extend", self._number, processor_seconds=processor_seconds)

    async def end(self) -> Ending:
        """Kill the worker if it is alive, and return how it ended."""
        try:
            answer = await self._request("end")
        except SandboxError:
            return Ending("it is gone")
        status = answer["status"]
        broken = status is not None and os.waitstatus_to_exitcode(status) == wire_format.FAILED
        return Ending(_describe(status), answer["reason"], broken)

    def end_now(self) -> None:
        """Kill the worker if it is alive. Blocks."""
        with suppress(SandboxError):  # gone with the zygote
            _checked(zygote.request("end", self._number).result())

    def drop(self, checkpoints: Iterable[int]) -> None:
        """Drop checkpoints."""
        dropped = set(checkpoints)
        self.checkpoints = [number for number in self.checkpoints if number not in dropped]
        zygote.notify("drop", self._number, checkpoints=sorted(dropped))

    async def close(self) -> None:
        """Kill all processes, and wait until they are gone."""
        if self._started:
            with suppress(SandboxError):  # gone with the zygote
                await self._request("close")

    async def _connected(self, do: str, **data: Any) -> WorkerProcess:
        """Request a worker, and connect it by a socket and an output pipe. Raises SandboxError."""
        try:
            ours, theirs, output, write = _ends()
        except OSError as error:
            raise SandboxError(f"No new sandbox could be started: {error.strerror}.") from None
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
        os.set_blocking(output.fileno(), False)
        return WorkerProcess(ours, output)

    async def _request(self, do: str, descriptors: Iterable[int] = (), **data: Any) -> dict[str, Any]:
        """Send the zygote a request, and wait for its answer even if cancelled: it carries out the request anyway."""
        answer = asyncio.wrap_future(zygote.request(do, self._number, list(descriptors), **data))
        await run_to_completion(asyncio.wait([answer]))
        return _checked(answer.result())


def _ends() -> tuple[socket.socket, socket.socket, FileIO, int]:
    """Return both ends of a socket and of a pipe, that for reading first. Raises OSError, and leaves none open then."""
    ours, theirs = socket.socketpair()
    try:
        read, write = os.pipe()
    except OSError:
        ours.close()
        theirs.close()
        raise
    return ours, theirs, FileIO(read), write


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise SandboxError(f"The sandbox failed: {answer['error']}.")
    return answer


def _describe(status: int | None) -> str:
    if status is None:
        return "it is gone"
    if os.WIFEXITED(status):
        return f"exit status {os.WEXITSTATUS(status)}"
    return signal.strsignal(os.WTERMSIG(status)) or f"signal {os.WTERMSIG(status)}"
