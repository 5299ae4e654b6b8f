"""A model that says nothing: what is told of it, when it is given up, and what it gets more time for."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from agent_core import CodeAgent, OpenAIModel, RetryPolicy
from agent_core.agents import silence
from agent_core.agents.silence import SilenceWatch
from agent_core.events import FinalAnswer, ModelSilent, ModelWaiting, RunFinished, ServerState
from agent_core.models.served import ServedModel
from tests.agent_core.models.support import make
from tests.agent_core.support import events_of, of_kind
from tests.doubles.openai_server import OpenAIServer, Reply

HURRIED = RetryPolicy(first_wait=0.01, silence_timeout=0.6, idle_timeout=0.5, first_delta_timeout=30.0)
SLOW = Reply("Hello there.", fault="hang_midway")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 0.1)


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback services count as public ones, which are not asked how they are."""

    async def not_asked(self: ServedModel) -> str:
        return ""

    monkeypatch.setattr(ServedModel, "state", not_asked)


@pytest.fixture
def begin() -> Iterator[threading.Event]:
    """Lets a service begin to answer."""
    begin = threading.Event()
    yield begin
    begin.set()


async def ask(client: str, server: OpenAIServer, retry: RetryPolicy = HURRIED) -> list:
    async with CodeAgent(make(client, server.url), retry=retry) as agent:
        return await events_of(agent)


@pytest.fixture(params=["hub", "litellm"])
async def client(request: pytest.FixtureRequest, serve) -> str:
    """A client library, which is loaded already: that takes seconds the first time."""
    await ask(request.param, serve(["Hello."]), RetryPolicy())
    return request.param


def end_of(events: list) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


async def test_one_that_shows_no_sign_of_life_is_given_up_once_and_the_time_for_it_is_told(serve, public, client):
    server = serve([Reply("never", fault="hang")] * 2)
    events = await ask(client, server)
    [told] = of_kind(events, ModelSilent)
    assert (told.state, told.limit, told.begun) == ("", 1, False)
    assert end_of(events).code == "timeout" and "Try again, or use another model." in end_of(events).message
    assert len(server.requests) == 1 and not of_kind(events, ModelWaiting)


async def test_comments_in_the_stream_are_signs_of_life(serve, public, begin, client):
    server = serve([Reply("Hello.", begin=begin, comments=0.05)])
    threading.Timer(2.0, begin.set).start()
    events = await ask(client, server)
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."
    assert of_kind(events, ModelSilent)[0].begun is False


async def test_a_server_of_ones_own_that_answers_otherwise_is_waited_for_and_at_most_so_long(serve, begin):
    server = serve([Reply("Hello.", begin=begin), Reply("never", fault="hang")])
    threading.Timer(2.0, begin.set).start()
    events = await ask("hub", server)
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."
    [told] = of_kind(events, ModelSilent)
    assert (told.state, told.limit) == ("alive", 30)
    events = await ask("hub", server, RetryPolicy(first_delta_timeout=0.5))
    assert end_of(events).code == "timeout" and len(server.requests) == 2


async def test_one_that_stops_in_mid_stream_is_told_of_and_asked_again_for_a_while(serve, public):
    server = serve([SLOW] * 9)
    began = time.monotonic()
    events = await ask("hub", server, RetryPolicy(first_wait=0.01, idle_timeout=0.5, retry_timeout=0.8))
    assert [event.begun for event in of_kind(events, ModelSilent)] == [True, True]
    assert end_of(events).code == "timeout" and len(server.requests) == 2
    assert time.monotonic() - began >= 1.0, "each had its time"


async def test_a_failure_after_a_long_time_is_tried_again_all_the_same(serve):
    slow = Reply("Hello there. " * 10, delay=0.05, fault="break_off")
    server = serve([slow, "Hello."])
    events = await ask("hub", server, RetryPolicy(first_wait=0.01, retry_timeout=0.2))
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."


async def test_a_sign_of_a_model_that_was_just_given_up_is_no_error():
    watch = SilenceWatch(OpenAIModel("m", base_url="http://127.0.0.1:9/v1"), HURRIED, lambda _: None)
    with pytest.raises(TimeoutError):
        async with watch:
            try:
                await asyncio.Event().wait()
            finally:  # as while its connection is closed
                watch.note_sign()


async def test_who_is_stopped_while_the_watch_ends_is_not_stopped_once_more_later():
    ending = asyncio.Event()

    class SlowToEnd(OpenAIModel):
        async def state(self) -> ServerState:
            try:
                await asyncio.Event().wait()
            finally:
                ending.set()
                await asyncio.sleep(0.1)
            return ""

    model = SlowToEnd("m", base_url="http://127.0.0.1:9/v1")
    asked = asyncio.Event()

    async def run() -> str:
        try:
            async with SilenceWatch(model, RetryPolicy(silence_timeout=1.0), lambda _: None):
                await asked.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(1.2)
        return "calm"

    running = asyncio.create_task(run())
    await asyncio.sleep(0.3)  # the watch asks
    asked.set()
    await ending.wait()
    running.cancel()
    assert await running == "calm"
