"""The processes of one chat, and those who end them at the same moment."""

import asyncio
from pathlib import Path

from agent_core.sandbox import Limits
from agent_core.sandbox.host.processes import Processes


async def test_all_who_end_or_close_the_processes_at_once_are_answered(tmp_path: Path):
    processes = Processes(tmp_path, Limits())
    worker = await processes.start()
    endings = await asyncio.gather(*(processes.end() for _ in range(3)))
    worker.close()
    assert {ending.how for ending in endings} == {"Killed"}
    await asyncio.gather(*(processes.close() for _ in range(3)))
    assert (await processes.end()).how == "it is gone"
