"""What a tool call from the agent's code costs, beside the peer's. One table, in Markdown.

The peer's tools run in the process of its interpreter, so nothing has to be passed on; ours work in the host, beside
the keys, and what they return goes to the sandbox as data. Each value is the median time of one call, as a loop in the
agent's code has it.

python -m bench.tool_calls     this alone
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from smolagents import LocalPythonExecutor

from agent_core import Sandbox, Tool
from bench.table import Row, milliseconds, to_markdown

_SIDE_BY_SIDE = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    for number in range({count} // 8):
        list(pool.map(lambda _: give(), range(8)))
"""


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    snippet: str


def _hits(count: int) -> list[Hit]:
    return [Hit(f"Title of page {n}", f"https://example.org/pages/{n}", "word " * 60) for n in range(count)]


RESULTS: Sequence[tuple[str, Any, int]] = (
    ("nothing", None, 400),
    ("8 search results", _hits(8), 400),
    ("a page of 20 kB", "x" * 20_000, 400),
    ("text of 1 MB", "x" * 1_000_000, 60),
    ("a list of records of 1 MB", _hits(2_700), 40),
    ("a list of records of 20 MB", _hits(54_000), 3),
)


def report() -> str:
    """The table."""
    return to_markdown(asyncio.run(_rows()), ["Glassbox, async tool", "Glassbox, sync tool", "smolagents"])


async def _rows() -> list[Row]:
    rows = []
    for name, result, count in RESULTS:
        give = _function(result)
        seconds = {
            "Glassbox, async tool": await _here(_async_function(result), _loop(count), count),
            "Glassbox, sync tool": await _here(give, _loop(count), count),
            "smolagents": _there(give, count),
        }
        rows.append(_row(f"a tool call: {name}", seconds))
    for name, function in (("async", _async_function(None)), ("sync", _function(None))):
        took = await _here(function, _SIDE_BY_SIDE.format(count=400), 400, whole=True)
        rows.append(_row("a tool call, 8 at once from threads", {f"Glassbox, {name} tool": took}))
    return [*rows[:-2], _joined(rows[-2], rows[-1])]


def _row(name: str, seconds: dict[str, float]) -> Row:
    return Row(name, "", {engine: milliseconds(value) for engine, value in seconds.items()})


def _joined(one: Row, other: Row) -> Row:
    return Row(one.measure, "", {**one.cells, **other.cells})


def _loop(count: int) -> str:
    call = "before = clock()\n    give()\n    taken.append(clock() - before)"
    return f"taken = []\nfor number in range({count}):\n    {call}"


async def _here(function: Callable[..., Any], code: str, count: int, *, whole: bool = False) -> float:
    """Seconds of a call; the median, or the mean where only the whole is measured."""
    async with Sandbox(tools=[Tool(function, name="give", description="Give something.")]) as box:
        await box.run("import statistics\nfrom time import perf_counter as clock\ngive()")
        began = time.perf_counter()
        done = await box.run(code if whole else f"{code}\nstatistics.median(taken)")
        if done.error:
            raise RuntimeError(done.error.message)
        return (time.perf_counter() - began) / count if whole else float(done.value or "nan")


def _there(function: Callable[..., Any], count: int) -> float:
    executor = LocalPythonExecutor(["statistics", "time"])
    functions: dict[str, Any] = {"give": function, "clock": time.perf_counter}
    executor.send_tools(functions)
    done = executor(f"import statistics\n{_loop(count)}\nstatistics.median(taken)")
    return float(done.output)


def _function(result: Any) -> Callable[[], Any]:
    def give() -> Any:
        return result

    return give


def _async_function(result: Any) -> Callable[[], Any]:
    async def give() -> Any:
        return result

    return give


if __name__ == "__main__":
    print(report())
