"""What each way of holding files and processes costs: `python -m bench.layers`. Medians, beside Landlock's."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from statistics import median
from typing import Any
from unittest.mock import patch

from agent_core.sandbox import Policy, Sandbox, confinement
from agent_core.sandbox.confinement import Confinement
from agent_core.sandbox.guest.confinement import layer_names
from agent_core.sandbox.guest.confinement.layer_names import LayerChoice
from agent_core.sandbox.host import zygote_process
from bench.table import milliseconds

_ROUNDS = 5
_OPENS = "for _ in range(10_000):\n    open('a.txt').close()"
_CHOICES = {
    "Landlock": LayerChoice(),
    "a mount namespace": LayerChoice(files=layer_names.MOUNTS),
    "the file broker": LayerChoice(files=layer_names.BROKER),
    "Landlock, no forks": LayerChoice(processes=layer_names.NO_FORKS),
}


def report() -> list[tuple[str, str]]:
    """The rows of the table, for the layers that this machine has."""
    works = {layer for layer, reason in confinement.try_all().items() if reason is None}
    found = confinement.probe()
    rows = []
    for name, choice in _CHOICES.items():
        if works.issuperset(choice):
            rows += asyncio.run(_rows(name, replace(found, choice=choice)))
    return rows


async def _rows(name: str, found: Confinement) -> list[tuple[str, str]]:
    """Measure workers of a zygote that takes this choice."""
    zygote_process.zygote.close()
    with patch.object(zygote_process, "probe", lambda: found):
        await _worker()  # starts the zygote
        told = [
            ("new worker", await _median(_worker)),
            (
                "fresh pandas and a plot",
                await _median(lambda: _step("import pandas, matplotlib.pyplot as p\np.plot()")),
            ),
            ("10,000 opens", await _median(lambda: _step(_OPENS))),
            ("a step", await _median(lambda: _step("1"))),
        ]
    zygote_process.zygote.close()
    return [(f"{what}, held by {name}", milliseconds(seconds)) for what, seconds in told]


async def _median(measure: Callable[[], Coroutine[Any, Any, float]]) -> float:
    return median([await measure() for _ in range(_ROUNDS)])


async def _worker() -> float:
    """Seconds until a new sandbox stands ready."""
    async with Sandbox() as box:
        began = time.perf_counter()
        await box.start()
        return time.perf_counter() - began


async def _step(code: str) -> float:
    """Seconds of a step in a sandbox of its own that has made one."""
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        await box.run("open('a.txt', 'w').close()")
        began = time.perf_counter()
        done = await box.run(code)
        assert done.error is None, done.error
        return time.perf_counter() - began


if __name__ == "__main__":
    for what, value in report():
        print(f"{what:<55}{value}")
