"""Takes a chat's variables out of a worker as bytes, and gives them to another one. The app never unpickles them."""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from agent_core.concurrency import run_in_own_thread, run_to_completion
from agent_core.execution import Execution
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.guest.message_limits import MOST_KEPT, TRANSFERRED
from agent_core.sandbox.host.code_run import CodeRun
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.terminal import plain
from agent_core.sandbox.host.worker_process import WorkerProcess
from agent_core.sandbox.policy import Limits, Policy

WRITE_SECONDS = 5.0
_READ_SECONDS = 30.0  # with what has to be imported for them
_END_SECONDS = 1.0  # from the worker's word that it has read them to the end of the pipe
_CHUNK = 2**18


class VariableTransfer:
    """Takes variables out of one worker, or gives them to it.

    Args:
        worker: The worker.
        processes: Those that it belongs to.
        workspace: The folder that it works in.
        limits: What it may use.
    """

    def __init__(self, worker: WorkerProcess, processes: Processes, workspace: Path, limits: Limits) -> None:
        self._worker = worker
        self._processes = processes
        self._workspace = workspace
        self._limits = limits

    async def take(self, target: BinaryIO, seconds: float = WRITE_SECONDS) -> tuple[str, ...] | None:
        """Take all variables out of the worker, and end it.

        Args:
            target: The file that they are written to.
            seconds: The time for it.

        Returns:
            The names of those that cannot be kept; None if nothing can.

        Raises:
            OSError: There is no free descriptor.
        """
        read, write = await self._pipe()
        receiving = asyncio.create_task(run_in_own_thread(lambda: _receive(read, target)))
        try:
            execution = await self._run("write", write, seconds)
        finally:
            await self._end()  # which closes the pipe, whoever still has it
            whole = await run_to_completion(_ended(receiving))
        return tuple(map(plain, execution.variables)) if whole and _was_done(execution) else None

    async def give(self, source: BinaryIO) -> bool:
        """Give variables to the worker. If it cannot take them, it is ended. Returns whether it has them.

        Raises OSError if there is no free descriptor.
        """
        read, write = await self._pipe()
        sending = asyncio.create_task(run_in_own_thread(lambda: _send(write, source)))
        done = False
        try:
            execution = await self._run("read", read, _READ_SECONDS)
            if _was_done(execution):
                await asyncio.wait([sending], timeout=_END_SECONDS)
                done = sending.done() and sending.result()
        finally:
            if not done:
                await self._end()
                await run_to_completion(_ended(sending))
        return done

    async def _pipe(self) -> tuple[int, int]:
        try:
            return os.pipe()
        except OSError:
            await self._end()
            raise

    async def _run(self, what: Literal["write", "read"], pipe: int, seconds: float) -> Execution:
        order = {"id": 0, "step": 0, "code": "", "imports": [], "tools": [], "memory_mb": self._limits.memory_mb}
        order |= {"variables": what, "with_descriptor": True}
        limits = replace(self._limits, step_seconds=seconds, most_step_seconds=0)
        run = CodeRun(0, self._worker, self._processes, self._workspace, limits)
        try:
            try:
                await run.begin(wire_format.encode(order), GuestRequests((), Policy(), set(), run.emit), pipe)
            finally:
                os.close(pipe)
            while run.execution is None:
                await run.advance()
        finally:
            await run_to_completion(run.stop())
        return run.execution

    async def _end(self) -> None:
        await run_to_completion(self._processes.end())
        self._worker.close()


def _receive(pipe: int, target: BinaryIO) -> bool:
    """Write what comes out of a pipe to a file. Returns whether that was all of it."""
    left = MOST_KEPT
    with os.fdopen(pipe, "rb", buffering=0) as source, suppress(OSError):
        while data := source.read(_CHUNK):
            left -= len(data)
            if left < 0:
                return False
            target.write(data)
        target.flush()
        return True
    return False


def _send(pipe: int, source: BinaryIO) -> bool:
    """Write a file to a pipe. Returns whether all of it was read at the other end."""
    with suppress(OSError), os.fdopen(pipe, "wb", buffering=0) as target:
        while data := source.read(_CHUNK):
            left = memoryview(data)
            while left:
                left = left[target.write(left) :]
        return True
    return False


def _was_done(execution: Execution) -> bool:
    return execution.error is None and execution.value == TRANSFERRED


async def _ended(thread: asyncio.Task[bool]) -> bool:
    return await thread
