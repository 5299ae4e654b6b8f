"""A table of measures: one row each, one column for each engine."""

import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

_NONE = "–"


@dataclass(frozen=True)
class Row:
    """cells: what to show under each engine's name. met: whether Glassbox meets the target; None: there is none."""

    measure: str
    target: str
    cells: Mapping[str, str]
    met: bool | None = None


def to_markdown(rows: Sequence[Row], engines: Sequence[str]) -> str:
    words = {True: "yes", False: "no", None: _NONE}
    lines = [["measure", "target", *engines, "met"], ["---"] * (len(engines) + 3)]
    for row in rows:
        cells = [row.cells.get(engine, _NONE) for engine in engines]
        lines.append([row.measure, row.target or _NONE, *cells, words[row.met]])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def times(row: str, target: float | None, seconds: Mapping[str, float]) -> Row:
    """A row of times. target: the most that Glassbox may take, in seconds."""
    cells = {engine: milliseconds(value) for engine, value in seconds.items()}
    if target is None:
        return Row(row, "", cells)
    return Row(row, f"≤ {milliseconds(target)}", cells, seconds["Glassbox"] <= target)


async def seconds_for(work: Awaitable[object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began
