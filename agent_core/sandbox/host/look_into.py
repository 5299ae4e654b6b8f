"""Has a worker of its own look into files of a workspace, because the app must not parse what strangers send."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent_core.concurrency import run_to_completion
from agent_core.execution import Execution
from agent_core.sandbox.confinement import probe
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.code_run import CodeRun
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.policy import Limits, Policy

_MEMORY_MB = 1_024
LookInto = Callable[[Mapping[str, Any], float], Awaitable[Execution]]
"""Has a worker do a task with files of a chat's workspace, in so many seconds."""


async def look_into(task: Mapping[str, Any], workspace: Path, limits: Limits, seconds: float) -> Execution:
    """Return what a confined worker did, which ends afterwards, whatever a file did to it. Raises SandboxError.

    The chat's own worker has neither its imports nor its memory.

    Args:
        task: What the worker is to do, as a part of its order.
        workspace: The workspace's folder.
        limits: The chat's limits.
        seconds: The time for it.
    """
    await asyncio.to_thread(lambda: probe().require())
    memory = min(limits.memory_mb, _MEMORY_MB)
    looking = replace(limits, step_seconds=seconds, memory_mb=memory, most_memory_mb=memory)
    order = {"id": 0, "step": 0, "code": "", "imports": [], "tools": [], "memory_mb": memory, **task}
    processes = Processes(workspace, looking)
    try:
        worker = await processes.start()
        run = CodeRun(0, worker, processes, workspace, looking)
        try:
            await run.begin(wire_format.encode(order), GuestRequests((), Policy(), set(), run.emit))
            while run.execution is None:
                await run.advance()
        finally:
            await run_to_completion(run.stop())
            worker.close()
    finally:
        await run_to_completion(processes.close())
    return run.execution
