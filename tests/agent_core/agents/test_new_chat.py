"""Copies of an agent for other chats: the same agent, and nothing of what was said to it."""

import asyncio
from contextlib import aclosing

from agent_core import CodeAgent, Policy, tool
from agent_core.events import RunStarted
from tests.agent_core.support import code
from tests.support import model_of


def said(body: dict) -> str:
    """The last message of a request."""
    return body["messages"][-1]["content"]


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


async def test_a_copy_has_all_that_the_agent_was_given_and_a_chat_of_its_own(serve):
    server = serve([code("x = double(21)"), code("final_answer(x)"), code("final_answer('x' in globals())")])
    agent = CodeAgent(model_of(server), tools=[double], instructions="Be brief.", policy=Policy(imports=["math"]))
    async with agent, agent.for_new_chat() as other:
        assert str((await agent.run("What is it?")).answer) == "42"
        assert str((await other.run("Is it there?")).answer) == "False"
        assert "What is it?" not in str(server.requests[-1].body["messages"])
        assert "Be brief." in other.full_system_prompt() == agent.full_system_prompt()
        assert other.memory.last_step == 1 and agent.memory.last_step == 2
        assert not {*await agent.sandbox.list_files()} and other.sandbox is not agent.sandbox
        other.tools.append(other.as_tool("again", "Does it again."))
        assert agent.tools == [double]


async def test_an_agent_can_be_copied_while_it_works(serve):
    server = serve(lambda body: code("while True: pass" if said(body) == "Wait." else "final_answer(2)"))
    async with CodeAgent(model_of(server)) as agent, aclosing(agent.stream("Wait.")) as events:
        assert isinstance(await anext(events), RunStarted)
        async with agent.for_new_chat() as other:
            assert str((await other.run("Do not wait.")).answer) == "2"


async def test_chats_do_not_wait_for_each_other_at_an_agent_that_is_a_tool_nor_share_what_it_was_told(serve):
    both = asyncio.Barrier(2)

    @tool
    async def meet() -> str:
        """Wait until the other one is there."""
        async with asyncio.timeout(30):
            await both.wait()
        return "met"

    inner = serve(lambda body: code(f"final_answer([meet(), '{said(body)}'])"))
    outer = serve(lambda body: code(f"final_answer(help_with('{said(body)}'))"))
    helper = CodeAgent(model_of(inner), tools=[meet])
    agent = CodeAgent(model_of(outer), tools=[helper.as_tool("help_with", "Helps.")])
    async with agent.for_new_chat() as one, agent.for_new_chat() as other:
        results = await asyncio.gather(one.run("one"), other.run("other"))
    assert [str(result.answer) for result in results] == ["['met', 'one']", "['met', 'other']"]
    assert all(len(request.body["messages"]) == 2 for request in inner.requests), "each task is a chat of its own"
    assert not helper.memory.turns and helper.chat.sandbox is None


async def test_a_copy_that_calls_itself_as_a_tool_is_told_so_at_once(serve):
    server = serve([code("work('the same')"), "It did not work."])
    agent = CodeAgent(model_of(server))
    agent.tools = [agent.as_tool("work", "Works.")]
    async with agent.for_new_chat() as other, asyncio.timeout(30):
        await other.run("What is it?")
    assert "work cannot be called from within its own work" in str(server.requests[1].body["messages"])
