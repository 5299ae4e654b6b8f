"""Holding on: retries, waits, fall-back models, streams that stall."""

from contextlib import aclosing

import pytest

from agent_core import CodeAgent, HubModel
from agent_core.errors import ModelError
from agent_core.events import FinalAnswer, ModelWaiting, RunFinished
from agent_core.models.retry import RetryPolicy
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of

QUICK = RetryPolicy(first_wait=0.01, longest_wait=2.0, first_delta_timeout=1.0, idle_timeout=0.5)
BUSY = Reply(status=503, error="busy")


async def events_of(agent, question="go"):
    async with aclosing(agent.stream(question)) as stream:
        return [event async for event in stream]


def answer_of(events):
    return next((str(event.answer) for event in events if isinstance(event, FinalAnswer)), None)


@pytest.mark.parametrize(
    "failure",
    [
        Reply(status=408, error="slow"),
        Reply(status=409, error="conflict"),
        Reply(status=429, error="slow down"),
        Reply(status=500, error="boom"),
        BUSY,
        Reply("Half of this.", fault="break_off"),
        Reply("Half of this.", fault="cut_short"),
        Reply("Half of this.", fault="error_midway", error="overloaded"),
        Reply("Half of this.", fault="hang_midway"),
        Reply(fault="nothing"),
        Reply("   \n"),
        Reply("<think>Hm.</think>"),
    ],
    ids=lambda failure: failure.fault or failure.status if failure.status != 200 or failure.fault else failure.text,
)
async def test_what_may_pass_is_tried_again(serve, failure):
    server = serve([failure, failure, "Hello."])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        events = await events_of(agent)
    assert answer_of(events) == "Hello."
    waits = [event for event in events if isinstance(event, ModelWaiting)]
    assert len(waits) == 2 and all(wait.message.endswith(".") and wait.model == "test-model" for wait in waits)
    assert waits[0].seconds < 0.02 and len(server.requests) == 3
    assert server.requests[0].body["messages"] == server.requests[2].body["messages"]


async def test_after_enough_attempts_the_run_ends_with_the_sentence(serve):
    server = serve([BUSY] * 9)
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        result = await agent.run("go")
    assert result.reason == "error" and "503" in result.message and len(server.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
async def test_what_will_not_pass_is_not_tried_again(serve, status):
    server = serve([Reply(status=status, error="no")] * 2)
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        assert (await agent.run("go")).reason == "error"
    assert len(server.requests) == 1


async def test_the_wait_that_a_service_asks_for_is_kept(serve):
    server = serve([Reply(status=429, error="slow down", headers={"Retry-After": "1"}), "Hello."])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        events = await events_of(agent)
    assert [event.seconds for event in events if isinstance(event, ModelWaiting)] == [1.0]
    assert answer_of(events) == "Hello."


@pytest.mark.parametrize(
    "wait", ["-5", "nan", "soon", "Wed, 21 Oct 2015 07:28:00", "Wed, 21 Oct 2015 07:28:00 -0000", "21 Oct 2015"]
)
async def test_a_wait_that_makes_no_sense_or_is_over_is_not_waited_for(serve, wait):
    server = serve([Reply(status=429, error="slow down", headers={"Retry-After": wait}), "Hello."])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        events = await events_of(agent)
    assert [event.seconds < 0.1 for event in events if isinstance(event, ModelWaiting)] == [True]
    assert answer_of(events) == "Hello."


async def test_a_service_that_asks_for_too_long_a_wait_is_not_waited_for(serve):
    server = serve([Reply(status=429, error="slow down", headers={"Retry-After": "600"}), "Hello."])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        assert (await agent.run("go")).reason == "error"
    assert len(server.requests) == 1


def test_each_wait_doubles_give_or_take_half_up_to_the_longest():
    policy = RetryPolicy(attempts=9, first_wait=1.0, longest_wait=10.0)
    failure = ModelError("Busy.", retryable=True)
    for attempt, middle in enumerate([1, 2, 4], start=1):
        waits = {policy.wait(attempt, failure) for _ in range(50)}
        assert len(waits) > 1 and all(middle * 0.5 <= (wait or 0) <= middle * 1.5 for wait in waits)
    assert policy.wait(8, failure) == 10.0
    assert policy.wait(9, failure) is None


async def test_where_a_model_stays_down_the_fall_back_answers_and_keeps_answering(serve):
    down, up = serve([BUSY] * 9), serve([code("x = 1"), "Hello."])
    spare = HubModel("spare-model", token="hf_test", base_url=up.url)
    async with CodeAgent(model_of(down), fallbacks=[spare], retry=QUICK) as agent:
        events = await events_of(agent)
    assert answer_of(events) == "Hello."
    assert [event.model for event in events if isinstance(event, ModelWaiting)] == [*["test-model"] * 3, "spare-model"]
    assert (len(down.requests), len(up.requests)) == (4, 2), "the second step does not wait for the first model again"


async def test_the_next_question_begins_with_the_preferred_model_again(serve):
    first, spare = serve([Reply(status=402, error="no credit"), "Back again."]), serve(["Hello."])
    fallback = HubModel("spare-model", token="hf_test", base_url=spare.url)
    async with CodeAgent(model_of(first), fallbacks=[fallback], retry=QUICK) as agent:
        assert str((await agent.run("go")).answer) == "Hello."
        assert str((await agent.run("go")).answer) == "Back again."


async def test_where_all_models_fail_the_last_ones_sentence_is_told(serve):
    first, spare = serve([Reply(status=401, error="no")]), serve([BUSY] * 4)
    fallback = HubModel("spare-model", token="hf_test", base_url=spare.url)
    async with CodeAgent(model_of(first), fallbacks=[fallback], retry=QUICK) as agent:
        events = await events_of(agent)
    end = events[-1]
    assert isinstance(end, RunFinished) and end.reason == "error" and "spare-model" in end.message


async def test_what_a_failed_attempt_said_is_not_kept(serve):
    server = serve([Reply("I think of a long sentence that breaks off.", fault="break_off"), "Hello."])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        await agent.run("go")
        await agent.run("go")
    told = [str(message["content"]) for message in server.requests[-1].body["messages"]]
    assert not any("long sentence" in text for text in told[1:])


async def test_what_a_failed_attempt_said_is_not_kept_where_the_wait_after_it_is_stopped(serve):
    server = serve([Reply("I think of a long sentence that breaks off.", fault="break_off"), "Hello."])
    async with CodeAgent(model_of(server), retry=RetryPolicy(first_wait=60.0)) as agent:
        async with aclosing(agent.stream("go")) as stream:
            async for event in stream:
                if isinstance(event, ModelWaiting):
                    break
        await agent.run("go on")
    told = [str(message["content"]) for message in server.requests[-1].body["messages"]]
    assert not any("I think" in text for text in told[1:])


async def test_tokens_of_failed_attempts_are_counted_too(serve):
    server = serve([Reply("Half of this.", fault="break_off"), Reply("Hello.", usage=(100, 5))])
    async with CodeAgent(model_of(server), retry=QUICK) as agent:
        result = await agent.run("go")
    assert result.usage.requests == 2 and result.usage.input_tokens > 500 and result.usage.estimated
