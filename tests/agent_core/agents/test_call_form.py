"""Whether a model acts by native calls or in its text, and what is said if it cannot act as it is set to."""

import pytest

from agent_core import CodeAgent, ToolCallingAgent, python
from agent_core.events import ModelWaiting, RunFinished
from tests.agent_core.support import calling, events_of, of_kind
from tests.doubles.openai_server import Reply
from tests.support import model_of


@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
async def test_a_model_that_is_not_known_to_take_calls_does_not_act_by_them_in_silence(serve, kind):
    server = serve(["Hello."])
    async with kind(model_of(server), tools=[python] * (kind is ToolCallingAgent), native_calls=True) as agent:
        result = await agent.run("Hello?")
    assert (result.reason, server.requests) == ("error", [])
    assert "test-model takes no native tool calls" in result.message


async def test_the_code_of_this_failure_is_that_of_what_is_not_supported(serve):
    async with CodeAgent(model_of(serve([])), native_calls=True) as agent:
        [finished] = of_kind(await events_of(agent), RunFinished)
    assert finished.code == "unsupported"


async def test_an_agent_without_tools_has_no_calls_to_make(serve):
    async with ToolCallingAgent(model_of(serve(["Hello."])), native_calls=True) as agent:
        assert (await agent.run("Hello?")).reason == "answer"


async def test_a_fallback_that_takes_no_calls_acts_in_its_text(serve):
    first, second = serve([Reply(status=402, error="no credit")]), serve(["Hello."])
    async with CodeAgent(calling(first), fallbacks=[model_of(second)], native_calls=True) as agent:
        events = await events_of(agent)
    assert len(of_kind(events, ModelWaiting)) == 1
    assert "tools" in first.requests[0].body
    assert "tools" not in second.requests[0].body
