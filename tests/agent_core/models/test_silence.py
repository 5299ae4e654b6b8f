"""A model that says nothing: what is told of it, when it is given up, and what it gets more time for."""

import threading
import time
from collections.abc import Iterator

import pytest

from agent_core import CodeAgent, RetryPolicy
from agent_core.agents import silence
from agent_core.events import FinalAnswer, ModelSilent, ModelWaiting, RunFinished
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
