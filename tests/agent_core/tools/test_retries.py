"""Calls that are made again, within the tool's time."""

import asyncio
from typing import Any

import httpx
import pytest

from agent_core import Tool, ToolError, tool
from agent_core.events import ToolProgress
from agent_core.tools import retries
from agent_core.tools.context.tool_context import ToolContext


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST_PAUSE", 0.001)


class Flaky:
    """Fails with these errors, one a call, and then works."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.given: list[list[int]] = []

    def take(self, items: list[int]) -> list[int]:
        """Take."""
        self.given.append(list(items))
        items.append(0)
        if self.errors:
            raise self.errors.pop(0)
        return items

    async def take_async(self, items: list[int]) -> list[int]:
        """Take."""
        return self.take(items)


@pytest.mark.parametrize("method", ["take", "take_async"])
async def test_a_call_is_made_again_with_its_arguments_as_they_were(method: str):
    flaky = Flaky(OSError("down"), ValueError("odd"))
    again = Tool(getattr(flaky, method), retries=2)
    assert await again.call({"items": [1]}) == [1, 0]
    assert flaky.given == [[1]] * 3


async def test_nothing_is_done_twice_unless_it_was_asked_for():
    flaky = Flaky(OSError("down"))
    with pytest.raises(ToolError, match=r"^take failed: OSError: down$"):
        await tool(flaky.take).call({"items": []})
    assert len(flaky.given) == 1


async def test_the_last_failure_is_told():
    flaky = Flaky(*[OSError("down")] * 3)
    with pytest.raises(ToolError, match=r"^take failed: OSError: down \(tried 3 times\)$"):
        await Tool(flaky.take, retries=2).call({"items": []})


@pytest.mark.parametrize("error", [ToolError("No."), SystemExit(1)])
async def test_what_is_said_on_purpose_is_not_tried_again(error: BaseException):
    flaky = Flaky(error)
    with pytest.raises(ToolError):
        await Tool(flaky.take, retries=2).call({"items": []})
    with pytest.raises(ToolError, match="items must be a list"):
        await Tool(flaky.take, retries=2).call({"items": 5})
    assert len(flaky.given) == 1


async def test_only_errors_of_a_kind():
    flaky = Flaky(httpx.ConnectError("down"), ValueError("odd"))

    @tool(retries=5, retry_on=(httpx.TransportError, ToolError))
    def fetch() -> None:
        """Fetch."""
        flaky.take([])

    with pytest.raises(ToolError, match=r"^fetch failed: ValueError: odd$"):
        await fetch.call({})
    assert len(flaky.given) == 2


async def test_all_tries_share_the_time():
    calls: list[int] = []

    async def hang() -> None:
        """Fail first, and then hang."""
        calls.append(1)
        if len(calls) == 1:
            raise OSError("down")
        await asyncio.sleep(60)

    with pytest.raises(ToolError, match=r"hang gave no result within 1 seconds"):
        await Tool(hang, retries=9, timeout=1).call({})
    assert len(calls) == 2


async def test_a_person_sees_that_it_is_tried_again():
    events: list[Any] = []

    async def deny(*_: str) -> bool:
        return False

    with ToolContext("take", events.append, deny).running({}):
        await Tool(Flaky(OSError("down")).take, retries=2).call({"items": []})
        await asyncio.sleep(0)
    assert [event.text for event in events if isinstance(event, ToolProgress)] == ["try 2 of 3"]


async def test_a_class_may_set_it():
    class Fetch(Tool):
        """Fetch."""

        retries = 1
        retry_on = OSError

        def __init__(self, flaky: Flaky) -> None:
            self.flaky = flaky

        def run(self, items: list[int]) -> list[int]:
            return self.flaky.take(items)

    assert await Fetch(Flaky(OSError("down"))).call({"items": []}) == [0]
