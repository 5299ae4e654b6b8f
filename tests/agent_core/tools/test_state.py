"""What tools remember of a chat, and close with it."""

import asyncio
import logging
from typing import Any

import pytest

from agent_core import CodeAgent, ToolCallingAgent, ToolError, context, tool
from agent_core.tools.context.tool_states import ToolStates
from tests.agent_core.support import calling, code, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of


@tool
async def count() -> int:
    """Count the calls."""
    mine = context.state()
    mine["calls"] = mine.get("calls", 0) + 1
    return mine["calls"]


@tool
def open_page(url: str) -> str:
    """Open a page in the chat's browser."""
    browser = context.state("browser")
    if not browser:
        browser["pages"] = []
        context.at_close(lambda: browser["pages"].append("closed"))
    browser["pages"].append(url)
    return f"{len(browser['pages'])} open, {len(context.state())} of its own"


@tool
def list_pages() -> list[str]:
    """List the open pages."""
    return list(context.state("browser").get("pages", []))


async def test_a_chat_has_a_state_of_its_own_for_each_tool(serve):
    server = serve([code("print(count(), count())"), code("print(count())\nfinal_answer('done')")] * 2)
    async with (
        CodeAgent(model_of(server), tools=[count]) as first,
        CodeAgent(model_of(server), tools=[count]) as second,
    ):
        assert str((await first.run("Count.")).answer) == "done"
        assert [step.observation.split("\n")[1] for step in first.memory.steps] == ["1 2", "3"]
        await first.rewind(0)
        await second.run("Count.")
    assert [step.observation.split("\n")[1] for step in second.memory.steps] == ["1 2", "3"]


async def test_tools_may_share_a_state_and_close_it_with_the_chat(serve):
    server = serve([Reply(calls=[("open_page", {"url": "a"})]), Reply(calls=[("list_pages", {})]), "It is open."])
    agent = ToolCallingAgent(calling(server), tools=[open_page, list_pages])
    await agent.run("Open a.")
    assert [message["content"] for message in sent(server) if message["role"] == "tool"] == [
        "1 open, 0 of its own",
        '["a"]',
    ]
    pages = agent.chat.tool_states.shared("browser")["pages"]
    await agent.close()
    assert pages == ["a", "closed"]


async def test_an_agent_that_is_a_tool_works_for_the_chat_that_asks(serve):
    helper = CodeAgent(model_of(serve([code("final_answer(count())")] * 4)), tools=[count])
    asking = helper.as_tool("helper", "Counts.")
    server = serve([code("print(helper('Count.'), helper('Count.'))\nfinal_answer('done')")] * 2)
    async with helper:
        for _ in range(2):
            async with CodeAgent(model_of(server), tools=[asking]) as agent:
                await agent.run("Count twice.")
                assert agent.memory.steps[-1].observation.startswith("Output:\n1 2\n")


async def test_everything_is_closed_the_last_first_whatever_fails(caplog):
    closed: list[str] = []
    states = ToolStates()

    def leave() -> None:
        raise SystemExit(3)

    def fail() -> None:
        raise OSError("a secret")

    async def close() -> None:
        await asyncio.sleep(0)
        closed.append("second")

    states.at_close(lambda: closed.append("first"))
    for function in (leave, close, fail):
        states.at_close(function)
    states.of_tool("count")["calls"] = 1
    with caplog.at_level(logging.WARNING):
        await states.close()
    assert closed == ["second", "first"]
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["OSError", "SystemExit"]
    assert states.of_tool("count") == {}
    with pytest.raises(ToolError, match="closed"):
        states.at_close(leave)


async def test_outside_of_a_chat_nothing_is_remembered():
    async def opened() -> Any:
        return open_page("a")

    assert await opened() == "1 open, 0 of its own"
    assert await count.call({}) == 1
    assert await count.call({}) == 1
