"""The measures of one chat: what steps, a start and going back take."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from statistics import median

from pydantic_monty import Monty, MontyRuntimeError, ResourceLimits

from agent_core import Limits, Sandbox
from bench.engines import ENGINES, Engine, Run, run
from bench.table import Row, milliseconds, seconds_for, times

_COMPUTE = """
def digit_sum(number):
    total = 0
    while number:
        total += number % 10
        number //= 10
    return total

counts = {{}}
for number in range({rounds}):
    key = digit_sum(number * number)
    counts[key] = counts.get(key, 0) + 1
ranked = sorted([(count, key) for key, count in counts.items()])
"""
_ROUNDS = {"Glassbox": 600_000, "CPython": 600_000, "smolagents": 3_000, "pydantic-monty": 60_000}
_SPARE_SECONDS = 0.2  # in which the next worker is made to stand ready
_PAUSE = 0.02  # between two steps, in which the checkpoint is made
_REST = 0.5  # after which the worker is stopped
_DICT = "data = {number: str(number) for number in range(100_000)}"
_ARRAY_AND_FILES = """
import numpy
array = numpy.arange(1_000_000.0)
for number in range(5):
    with open(f"{number}.bin", "wb") as file:
        file.write(bytes([number]) * 200_000)
"""
_LOSS = "del data, array\nfor number in range(5): open(f'{number}.bin', 'w').close()"
_LOOK = "assert len(data) == 100_000"
_LOOP = "while True: pass"
_CRASH = "import os, time\nprint(time.perf_counter(), flush=True)\nos._exit(1)"
_LIMIT = 0.3  # seconds
_STEPS = 100
_TIMES = 10


async def compute() -> list[Row]:
    """A loop with arithmetic, calls and a dict. Slower engines go round it less often, as they would take minutes."""
    turns = [{name: await _compute(engine, _ROUNDS[name]) for name, engine in ENGINES.items()} for _ in range(9)]
    ratios = {name: median(turn[name] / turn["CPython"] for turn in turns) for name in ENGINES}
    cells = {name: f"{ratio:.3g} ×" for name, ratio in ratios.items()}
    return [Row("pure-Python compute, beside native CPython", "≤ 1.05 ×", cells, ratios["Glassbox"] <= 1.05)]


async def _compute(engine: Engine, rounds: int) -> float:
    async with engine() as run:
        await run(_COMPUTE.format(rounds=10))
        return await seconds_for(run(_COMPUTE.format(rounds=rounds))) / rounds


async def steps() -> list[Row]:
    """Round trips: with a pause before each, as in use, and back to back, when each waits for a checkpoint."""
    async with AsyncExitStack() as stack:
        runs = {name: await stack.enter_async_context(engine()) for name, engine in ENGINES.items()}
        return [
            times("an empty step, round trip", 0.001, await _steps(runs, "", _PAUSE)),
            times("a step `x = 1`", None, await _steps(runs, "x = 1", _PAUSE)),
            times("an empty step after half a second's rest", None, await _steps(runs, "", _REST, 10)),
            times("an empty step, back to back", None, await _steps(runs, "", 0)),
        ]


async def _steps(runs: Mapping[str, Run], code: str, pause: float, number: int = _STEPS) -> dict[str, float]:
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for name, step in runs.items():
        for _ in range(number):
            await asyncio.sleep(pause)
            samples[name].append(await seconds_for(step(code)))
    return {name: median(values) for name, values in samples.items()}


async def checkpoint() -> list[Row]:
    """From a result until the checkpoint after it is made, for which only a step that comes at once waits."""
    samples = []
    async with Sandbox() as box:
        for _ in range(30):
            await run(box, "x = 1")
            samples.append(await seconds_for(box.start()))
            await asyncio.sleep(_PAUSE)
    return [times("the checkpoint after a step, behind it", None, {"Glassbox": median(samples)})]


async def starts() -> list[Row]:
    """What the first message of a chat waits for."""
    turns = [{name: await _start(engine) for name, engine in ENGINES.items()} for _ in range(15)]
    start, first = ({name: median(turn[name][part] for turn in turns) for name in ENGINES} for part in (0, 1))
    cells = {name: milliseconds(value) for name, value in start.items()}
    cells["pydantic-monty"] += f" ({milliseconds(_used_again())} in a process used before)"
    met = start["Glassbox"] <= start["pydantic-monty"]
    return [
        Row("a new worker", "≤ 1.0 × Monty", cells, met),
        times("the first step after it", None, first),
    ]


async def _start(engine: Engine) -> tuple[float, float]:
    """The seconds for a start and for the first step."""
    await asyncio.sleep(_SPARE_SECONDS)
    async with AsyncExitStack() as stack:
        began = time.perf_counter()
        run = await stack.enter_async_context(engine())
        return time.perf_counter() - began, await seconds_for(run(""))


def _used_again() -> float:
    """What Monty takes for a session on a process that served another chat before."""
    samples = []
    with Monty() as pool:
        for _ in range(_TIMES):
            began = time.perf_counter()
            with pool.checkout():
                samples.append(time.perf_counter() - began)
    return median(samples)


async def rewind() -> list[Row]:
    """Back to 100,000 items in a dict and, in Glassbox, an array of 8 MB and 1 MB in files."""
    async with Sandbox() as box:
        await run(box, _DICT)
        target = (await run(box, _ARRAY_AND_FILES)).checkpoint
        samples = []
        for _ in range(_TIMES):
            await run(box, _LOSS)
            await asyncio.sleep(_SPARE_SECONDS)
            samples.append(await seconds_for(box.rewind(target)))
            await run(box, _LOOK)
    seconds = {"Glassbox": median(samples), "pydantic-monty": _load()}
    return [times("rewind, to some 20 MB", 0.05, seconds)]


def _load() -> float:
    """What Monty takes to load a session that was dumped into a new one."""
    samples = []
    with Monty() as pool:
        with pool.checkout() as session:
            session.feed_run(_DICT)
            state = session.dump()
        for _ in range(_TIMES):
            began = time.perf_counter()
            with pool.checkout() as session:
                session.load_session(state)
                samples.append(time.perf_counter() - began)
                session.feed_run(_LOOK)
    return median(samples)


async def killed() -> list[Row]:
    """From the end of a step that was killed to the result of the next one, with what `rewind` goes back to."""
    async with Sandbox() as box:
        await run(box, _DICT)
        await run(box, _ARRAY_AND_FILES)
        box.limits = Limits(step_seconds=_LIMIT)
        loops = [await _after_loop(box) for _ in range(_TIMES)]
        crashes = [await _after_crash(box) for _ in range(_TIMES)]
    return [
        times(
            "an endless loop's limit to the next result",
            *(0.15, {"Glassbox": median(loops), "pydantic-monty": _out_of_time()}),
        ),
        times("a crash to the next result", 0.15, {"Glassbox": median(crashes)}),
    ]


async def _after_loop(box: Sandbox) -> float:
    await asyncio.sleep(_SPARE_SECONDS)
    began = time.perf_counter()
    await box.run(_LOOP)
    await run(box, _LOOK)
    return time.perf_counter() - began - _LIMIT


async def _after_crash(box: Sandbox) -> float:
    await asyncio.sleep(_SPARE_SECONDS)
    died = float((await box.run(_CRASH)).stdout)
    await run(box, _LOOK)
    return time.perf_counter() - died


def _out_of_time() -> float:
    """What Monty takes: its interpreter stops by itself, so that no process is lost."""
    samples = []
    with Monty() as pool, pool.checkout(limits=ResourceLimits(max_feed_duration_secs=_LIMIT)) as session:
        session.feed_run(_DICT)
        for _ in range(_TIMES):
            began = time.perf_counter()
            try:
                session.feed_run(_LOOP)
            except MontyRuntimeError:
                session.feed_run(_LOOK)
            samples.append(time.perf_counter() - began - _LIMIT)
    return median(samples)


MEASURES = (compute, steps, checkpoint, starts, rewind, killed)
