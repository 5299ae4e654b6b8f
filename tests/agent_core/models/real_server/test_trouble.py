"""What goes wrong with the real server: it loads, dies, has a small window, and its model never comes to an end."""

import asyncio

import pytest

from agent_core.errors import ContextOverflow
from agent_core.events import FinalAnswer, ModelWaiting, RunFinished, StepFinished, ThoughtDelta
from agent_core.models.base import Message
from agent_core.parsing.circling import circles
from tests.agent_core.models.real_server.support import ANSWER, agent_of
from tests.agent_core.models.support import make
from tests.agent_core.support import events_of, of_kind
from tests.doubles.llama_server import LlamaServer

LONG: list[Message] = [{"role": "user", "content": "one two three " * 300}]
CODE_WITHOUT_END = r'root ::= "I count it.\n```python\nprint(\"" rest' + "\nrest ::= [a-z ] rest"
TEXT_WITHOUT_END = r"root ::= [ -~\n] root"


@pytest.fixture(scope="module")
def small():
    """A server with a small window whose replies are code without an end."""
    with LlamaServer(window=512, grammar=CODE_WITHOUT_END) as server:
        yield server


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_server_that_is_started_is_waited_for_while_it_loads(client: str):
    server, starting, events = LlamaServer(grammar=ANSWER), None, []
    async with agent_of(server, client=client) as agent:
        async for event in agent.stream("Who is where?"):
            events.append(event)
            if isinstance(event, ModelWaiting) and not starting:  # nothing answers yet
                starting = asyncio.create_task(asyncio.to_thread(server.start))
    assert starting
    await starting
    server.close()
    assert any("is loading its model." in wait.message for wait in of_kind(events, ModelWaiting))
    assert of_kind(events, FinalAnswer)


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_server_that_dies_in_the_middle_of_its_reply_is_asked_again(client: str):
    with LlamaServer(grammar=ANSWER) as server:
        async with agent_of(server, client=client) as agent:
            events, starting = [], None
            async for event in agent.stream("Who is where?"):
                events.append(event)
                if isinstance(event, ThoughtDelta) and not starting:
                    server.kill()
                    starting = asyncio.create_task(asyncio.to_thread(server.start))
            assert starting
            await starting
            steps = agent.memory.steps
    assert "broke off" in of_kind(events, ModelWaiting)[0].message
    assert len(of_kind(events, StepFinished)) == 1
    assert len(of_kind(events, FinalAnswer)) == 1
    assert [step.said for step in steps] == ["I count it."]


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_request_beyond_the_window_names_the_numbers(small: LlamaServer, client: str):
    with pytest.raises(ContextOverflow) as caught:
        [chunk async for chunk in make(client, small.url).stream(LONG, max_tokens=9)]
    assert caught.value.window == 512
    assert "has 512" in str(caught.value)
    assert "has 9" in str(caught.value)
    assert "-c" in str(caught.value)


async def test_a_question_beyond_the_window_ends_in_one_sentence(small: LlamaServer):
    async with agent_of(small) as agent:
        result = await agent.run(str(LONG[0]["content"]))
    assert result.reason == "error"
    assert "has 512" in result.message


async def test_code_that_was_cut_off_is_not_run(small: LlamaServer):
    async with agent_of(small) as agent:
        events = await events_of(agent)
    assert "was cut off after 128 tokens" in str(events)
    assert all(step.execution is None for step in of_kind(events, StepFinished))


async def test_a_reply_that_circles_is_cut_and_one_period_of_it_stays():
    with LlamaServer(grammar=TEXT_WITHOUT_END) as server:
        async with agent_of(server) as agent:
            events = await events_of(agent)
            server.wait_until_idle()
    finished, answer = of_kind(events, RunFinished)[0], str(of_kind(events, FinalAnswer)[0].answer)
    written = "".join(delta.text for delta in of_kind(events, ThoughtDelta))
    assert finished.reason == "cut_off"
    assert "said the same again and again" in finished.message
    assert circles(written)
    assert not circles(answer)
    assert len(answer) < len(written) - 500
