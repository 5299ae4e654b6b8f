"""The place that stands ready for the next chat."""

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.host.zygote_process import zygote
from agent_core.sandbox.warm_pool import PoolSlot, warm_pool
from tests.agent_core.sandbox.support import failure, value


@pytest.fixture(autouse=True)
async def ready() -> None:
    """One stands ready."""
    deadline = time.monotonic() + 30
    async with Sandbox():
        while not (warm_pool._ready and warm_pool._ready.suits(Limits())) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)


def is_there(slot: PoolSlot) -> bool:
    return Path(slot.folder.name).exists()


async def test_it_is_one_chats_only():
    waiting = {process.pid for process in psutil.Process().children(recursive=True)}
    async with Sandbox() as first, Sandbox() as second:
        pid, other = [int(await value(box, "import os\nos.getpid()") or 0) for box in (first, second)]
        assert pid in waiting
        assert other not in waiting
        await value(first, "x = 1")
        assert await value(second, "'x' in globals()") == "False"
        assert first.workspace != second.workspace


async def test_files_from_before_the_first_step_are_there_after_going_back():
    async with Sandbox() as box:
        (box.workspace / "given.txt").write_text("as it was")
        await value(box, "open('given.txt', 'w').write('changed')")
        await box.rewind(0)
        assert await value(box, "open('given.txt').read()") == "as it was"


async def test_other_limits_hold_from_the_start():
    async with Sandbox(policy=Policy(["*"]), limits=Limits(disk_mb=7)) as box:
        code = "import resource\nresource.getrlimit(resource.RLIMIT_FSIZE)[0] // 2**20"
        assert await value(box, code) == "7"


async def test_it_suits_the_last_chat():
    wide = Limits(memory_mb=1000, most_memory_mb=3000)
    async with Sandbox(limits=wide):
        unsuited = warm_pool._ready
        assert unsuited
        while warm_pool._ready in (unsuited, None) or is_there(unsuited):
            await asyncio.sleep(0.02)
        waiting = {process.pid for process in psutil.Process().children(recursive=True)}
    async with Sandbox(policy=Policy(["*"]), limits=Limits(memory_mb=500, most_memory_mb=3000)) as box:
        assert int(await value(box, "import os\nos.getpid()") or 0) in waiting
        assert "more than the 500 MB" in (await failure(box, "bytearray(10**9)")).message


async def test_one_that_has_died_meanwhile_is_not_used():
    zygote.close()
    async with Sandbox() as box:
        assert await value(box, "1 + 1") == "2"


async def test_nothing_is_left_of_one_that_was_taken_and_never_used():
    box = Sandbox()
    await box.close()
    assert not box.workspace.exists()
