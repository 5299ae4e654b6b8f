"""The measures of many chats at once: the memory of those that wait, and the steps of those beside endless loops."""

import asyncio
import functools
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import quantiles
from unittest.mock import patch

import psutil
from pydantic_monty import AsyncMonty, Monty, ResourceLimits

from agent_core import Sandbox
from agent_core.sandbox.checkpoints import checkpoints
from bench.engines import Run, run
from bench.table import Row, seconds_for, times

_IDLE = 20
_FRAME = "import pandas\nframe = pandas.DataFrame({'year': range(2000, 2020), 'value': range(20)})\nframe.sum()"
_MOST_MEGABYTES = 12
_SLEEP_SECONDS = 5.0
_BUSY, _LOOPING = 50, 10
_LOOP = "while True: pass"
_CROWD_SECONDS = 10.0
_PAUSE = 0.02  # from one chat's step to the next one's


@dataclass(frozen=True)
class Held:
    """Megabytes. private: what no other process has, of the workers and checkpoints. all: the shared part as well."""

    private: float
    all: float

    @classmethod
    def by_sandboxes(cls) -> "Held":
        """By the zygote, which is not counted as private, and all processes below it."""
        app = psutil.Process()
        infos = {process: process.memory_full_info() for process in app.children(recursive=True)}
        private = sum(info.uss for process, info in infos.items() if process not in app.children())
        return cls(private / 2**20, sum(info.pss for info in infos.values()) / 2**20)

    def for_each_since(self, before: "Held") -> "Held":
        return Held((self.private - before.private) / _IDLE, (self.all - before.all) / _IDLE)


async def memory() -> list[Row]:
    """What each chat holds that has made a small table with pandas. Monty, which has no pandas, holds a number."""
    await asyncio.sleep(1)
    before = Held.by_sandboxes()
    async with AsyncExitStack() as stack:
        boxes = [await stack.enter_async_context(Sandbox()) for _ in range(_IDLE)]
        with patch.object(checkpoints, "IDLE_SECONDS", _SLEEP_SECONDS):
            for box in boxes:
                await run(box, _FRAME)
        await asyncio.sleep(1)
        awake = Held.by_sandboxes().for_each_since(before)
        await asyncio.sleep(_SLEEP_SECONDS)
        asleep = Held.by_sandboxes().for_each_since(before)
    monty = _monty_memory()
    return [
        _megabytes("an idle chat with its checkpoint: private memory", awake.private, monty, _MOST_MEGABYTES),
        _megabytes("… all that it adds, shared by the two included", awake.all, monty),
        _megabytes("a sleeping chat: all that it adds", asleep.all),
    ]


def _megabytes(measure: str, glassbox: float, monty: float | None = None, most: int | None = None) -> Row:
    cells = {"Glassbox": f"{glassbox:.1f} MB"}
    if monty is not None:
        cells["pydantic-monty"] = f"{monty:.1f} MB"
    if most is None:
        return Row(measure, "", cells)
    return Row(measure, f"≤ {most} MB", cells, glassbox <= most)


def _monty_memory() -> float:
    with Monty() as pool, pool.checkout() as session:
        session.feed_run("x = 1")
        return psutil.Process(session.worker_pid).memory_full_info().uss / 2**20


async def crowd() -> list[Row]:
    """The chats that are in no endless loop step in turn, with a short pause before each step."""
    async with _sandboxes() as runs:
        glassbox = await _percentile(runs)
    async with _sessions() as runs:
        monty = await _percentile(runs)
    measure = f"an empty step among {_BUSY} chats, {_LOOPING} in endless loops, 95th percentile"
    return [times(measure, 0.05, {"Glassbox": glassbox, "pydantic-monty": monty})]


@asynccontextmanager
async def _sandboxes() -> AsyncIterator[list[Run]]:
    async with AsyncExitStack() as stack:
        boxes = [await stack.enter_async_context(Sandbox()) for _ in range(_BUSY)]
        for box in boxes:
            await box.start()
        yield [functools.partial(run, box) for box in boxes]


@asynccontextmanager
async def _sessions() -> AsyncIterator[list[Run]]:
    limits = ResourceLimits(max_feed_duration_secs=_CROWD_SECONDS + 5)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(AsyncMonty(max_processes=_BUSY))
        yield [(await stack.enter_async_context(pool.checkout(limits=limits))).feed_run for _ in range(_BUSY)]


async def _percentile(runs: Sequence[Run]) -> float:
    """The 95th percentile of the seconds for a step."""
    loops = [asyncio.ensure_future(run(_LOOP)) for run in runs[:_LOOPING]]
    samples = []
    end = time.monotonic() + _CROWD_SECONDS
    for step in itertools.cycle(runs[_LOOPING:]):
        await asyncio.sleep(_PAUSE)
        samples.append(await seconds_for(step("")))
        if time.monotonic() > end:
            break
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    return quantiles(samples, n=20)[-1]


MEASURES = (memory, crowd)
