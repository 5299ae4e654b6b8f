"""What host tools return, as the agent's code gets it."""

import asyncio
import itertools
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy
import pandas
import pytest
from pydantic import BaseModel, ConfigDict, Field

from agent_core.errors import ToolError
from agent_core.sandbox import Limits, Sandbox
from agent_core.sandbox.host.result_encoding import encode
from agent_core.tools.base import Tool
from tests.agent_core.sandbox.support import failure, value


@dataclass(frozen=True)
class Hit:
    title: str
    url: str


@dataclass
class Report:
    title: str
    hits: list[Hit] = field(default_factory=list)

    def __str__(self) -> str:
        return f"# {self.title}"


class Broken(Report):
    def __str__(self) -> str:
        raise OSError("no words")


class Entry(BaseModel):
    model_config = ConfigDict(extra="allow")
    class_: str = Field(alias="class")


class Colour(Enum):
    RED = "red"


Point = namedtuple("Point", "x class y", rename=True)


def giving(result: Any) -> Tool:
    """A tool that returns this."""

    def give() -> Any:
        return result

    return Tool(give, description="Give something.")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (b"\x00\xff", "b'\\x00\\xff'"),
        (datetime(2024, 1, 2, 3, 4), "__import__('datetime').datetime(2024, 1, 2, 3, 4)"),
        (timedelta(days=1, seconds=2), "__import__('datetime').timedelta(days=1, seconds=2)"),
        (Decimal("1.50"), "__import__('decimal').Decimal('1.50')"),
        (UUID(int=7), "__import__('uuid').UUID(int=7)"),
        (Path("a/b"), "__import__('pathlib').Path('a/b')"),
        (Colour.RED, "'red'"),
        ({1, (2, 3), frozenset({4})}, "{1, (2, 3), frozenset({4})}"),
        (1 + 2j, "1 + 2j"),
        pytest.param(10**6000, "10**6000", id="large"),
        (float("inf"), "float('inf')"),
        ("half a pair \ud800", "'half a pair ?'"),
        ({(1, 2): "a", None: b"b"}, "{(1, 2): 'a', None: b'b'}"),
        (iter("ab"), "['a', 'b']"),
        (range(3), "[0, 1, 2]"),
        ({"a": 1}.items(), "[('a', 1)]"),
        ({"record": [1], "dict": 2}, "{'record': [1], 'dict': 2}"),
        (numpy.float64(1.5), "1.5"),
        (pandas.NaT, "None"),
        (pandas.Index(["a"]), "['a']"),
        (numpy.array([(1, 2.5)], dtype=[("a", int), ("b", float)]), "[(1, 2.5)]"),
    ],
)
async def test_each_kind_stays_what_it_is(box: Sandbox, result: Any, code: str):
    box.tools = [giving(result)]
    expected = code.encode("utf-8", "replace").decode()
    assert await value(box, f"found = give()\nfound == ({expected}) and type(found) is type({expected})") == "True"


async def test_tables_and_arrays(box: Sandbox):
    table = pandas.DataFrame({"a": [1, 2], "day": pandas.to_datetime(["2024-01-02", None])}, index=["x", "y"])
    box.tools = [giving({"table": table, "column": table["a"], "array": numpy.ones((2, 3))})]
    await box.run("found = give()")
    assert await value(box, "(found['table'].loc['y', 'a'].item(), str(found['table'].dtypes['day'])[:8])") == str(
        (2, "datetime")
    )
    assert await value(box, "(found['column'].name, found['array'].shape, found['array'].sum().item())") == str(
        ("a", (2, 3), 6.0)
    )


async def test_fields_that_python_has_no_names_for(box: Sandbox):
    box.tools = [giving(Entry.model_validate({"class": "noun", "is": 1, "my-key": 2}))]
    await box.run("entry = give()")
    assert await value(box, "(entry['class'], entry.class_, entry['is'], entry.is_, entry['my-key'])") == str(
        ("noun", "noun", 1, 1, 2)
    )
    box.tools = [giving(Point(1, 2, 3))]
    assert await value(box, "x, *others = give()\n(x, give().y, others)") == "(1, 3, [2, 3])"


async def test_records_print_as_the_host_s_class_says(box: Sandbox):
    report = Report("Found", [Hit("a", "b")])
    box.tools = [giving([report, Broken("Lost")])]
    await box.run("good, bad = give()")
    assert (await box.run("print(good)")).stdout == "# Found\n"
    assert (await box.run("print(bad)")).stdout == "title: Lost\nhits: []\n"
    assert await value(box, "good") == "Report(title='Found', hits=[Hit(title='a', url='b')])"


async def test_a_list_of_records_prints_one_to_a_line(box: Sandbox):
    box.tools = [giving([Hit(f"t{n}", "u" * 5_000) for n in range(3)])]
    lines = (await box.run("hits = give()\nprint(hits[1:])")).stdout.splitlines()
    assert [line[:15] for line in lines] == ["[Hit(title='t1'", " Hit(title='t2'"]
    assert all(len(line) < 500 for line in lines)
    assert (await box.run("hits = give()")).variables == {"hits": "list of 3 Hit"}


async def test_records_go_back_to_tools(box: Sandbox):
    def title(hit: Hit, data: bytes = b"") -> list[str]:
        """Give the title."""
        return [hit.title, str(data)]

    box.tools = [giving(Hit("t", "u")), Tool(title)]
    assert await value(box, "title(give(), b'\\x00\\xff')") == str(["t", str(b"\x00\xff")])
    assert await value(box, "title({'title': 'x', 'url': 'y'})") == str(["x", "b''"])


async def test_twenty_megabytes_stay_data_and_hold_up_nobody(box: Sandbox):
    box.tools = [giving([Hit(f"title {n}", "u" * 180) for n in range(100_000)])]
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    assert await value(box, "hits = give()\n(len(hits), hits[-1].title)") == "(100000, 'title 99999')"
    ticking.cancel()
    assert ticks > 20


@pytest.mark.parametrize("content", ["x", b"x", numpy.zeros(1)])
async def test_what_is_too_large_is_told_by_its_size(box: Sandbox, content: Any):
    box.tools = [giving(content.repeat(20_000_000) if isinstance(content, numpy.ndarray) else content * 100_000_000)]
    error = await failure(box, "give()")
    assert error.message.startswith("ToolError: The tool's result is too large: more than ")
    assert "and 64 MB are the most" in error.message
    assert await value(box, "1 + 1") == "2"


async def test_what_never_ends_is_never_built():
    taken = itertools.count()

    def endless() -> Iterator[str]:
        for _ in taken:
            yield "x" * 2**20

    with pytest.raises(ToolError, match="too large"):
        encode(endless())
    assert next(taken) < 100

    async def drip() -> Any:
        """Drip."""
        for _ in itertools.count():
            yield "x" * 2**20

    with pytest.raises(ToolError, match="iterator with too many items"):
        await Tool(drip).call({})


async def test_what_holds_itself_is_refused(box: Sandbox):
    circle: list[Any] = []
    circle.append(circle)
    report = Report("r")
    report.hits.append(report)  # type: ignore[arg-type]
    for result in (circle, report):
        box.tools = [giving(result)]
        assert "nested too deep, or holds itself" in (await failure(box, "give()")).message


async def test_objects_without_a_form_are_their_text(box: Sandbox):
    class Mute:
        def __str__(self) -> str:
            raise SystemExit

    box.tools = [giving([object, Mute(), "ok"])]
    assert await value(box, "give()") == str(["<class 'object'>", "<Mute>", "ok"])


async def test_a_result_that_the_code_has_no_memory_for_costs_nothing_else(box: Sandbox):
    box.tools = [giving("x" * 60_000_000), Tool(lambda: 1, name="small", description="Give little.")]
    box.limits = Limits(memory_mb=190)
    await box.run("kept = 1")
    code = "try:\n    give()\nexcept MemoryError:\n    told = 'too much'"
    assert await value(box, f"{code}\n(told, small(), kept)") == str(("too much", 1, 1))
