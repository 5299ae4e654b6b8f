"""What is told of a server that has not begun to answer: it loads its model, reads the question, or is busy."""

import threading
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from agent_core import CodeAgent
from agent_core.agents import silence
from agent_core.events import FinalAnswer, ModelSilent, RunFinished, StepFinished
from agent_core.models import own_server
from tests.agent_core.models.support import make
from tests.agent_core.support import events_of, of_kind
from tests.doubles.openai_server import Reply
from tests.support import free_port

CURRENT: dict[str, Any] = {
    "default_generation_settings": {"n_ctx": 2_048},
    "chat_template_caps": {"supports_tools": True},
}
OLDER: dict[str, Any] = {"default_generation_settings": {"n_ctx": 2_048}}
READING = {"is_processing": True, "next_token": [{"n_decoded": 0}]}
WRITING = {"is_processing": True, "next_token": {"n_decoded": 7}}
IDLE = {"is_processing": False}


@pytest.fixture(autouse=True)
def nothing_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_server, "_facts", {})
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 0.05)


@pytest.fixture
def begin() -> Iterator[threading.Event]:
    """Lets a server begin to answer."""
    begin = threading.Event()
    yield begin
    begin.set()


def waiting(text: str, begin: threading.Event):
    """A script whose replies have not even a head before they may begin."""

    def answer(body: dict[str, Any]) -> str:
        begin.wait(20)
        return text

    return answer


async def silences(
    server, begin: threading.Event, client: str = "hub", *, until=lambda event: True
) -> list[ModelSilent]:
    """What is told until something fits; then the server may begin."""
    told, last = [], None
    async with CodeAgent(make(client, server.url)) as agent, aclosing(agent.stream("Hello?")) as stream:
        async for event in stream:
            if isinstance(event, ModelSilent):
                told.append(event)
                if until(event):
                    begin.set()
            last = event
    assert isinstance(last, RunFinished) and last.reason == "answer"
    return told


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"/props": OLDER, "/slots": [READING]}, "reading"),
        ({"/props": OLDER, "/slots": [WRITING, READING]}, "reading"),
        ({"/props": OLDER, "/slots": [WRITING, WRITING]}, "busy"),
        ({"/props": OLDER, "/slots": [WRITING, IDLE]}, "alive"),
        ({"/props": CURRENT, "/slots": [READING]}, "busy"),
        ({"/props": CURRENT, "/slots": 501, "/metrics": "llamacpp:requests_deferred 1"}, "busy"),
        ({"/slots": 503}, "loading"),
        ({"/metrics": 'vllm:num_requests_running{engine="0"} 1.0\nvllm:num_requests_waiting{engine="0"} 2.0'}, "busy"),
        (
            {"/metrics": 'vllm:num_requests_running{engine="0"} 1.0\nvllm:num_requests_waiting{engine="0"} 0.0'},
            "reading",
        ),
        ({"/metrics": "vllm:num_requests_waiting NaN\nvllm:num_requests_running"}, "alive"),
        ({"/v1/models": {"data": [{"id": "maker/model", "status": {"value": "loading"}}]}}, "loading"),
        ({"/api/v0/models": {"data": [{"id": "maker/model", "state": "not-loaded"}]}}, "loading"),
        ({"/api/v0/models": {"data": [{"id": "maker/model", "state": "loaded"}]}}, "alive"),
        ({"/api/ps": {"models": [{"name": "other"}, 7]}}, "loading"),
        ({"/api/ps": {"models": [{"name": "maker/model:latest"}]}}, "alive"),
        ({"/slots": {"error": "off"}, "/metrics": "<html>", "/api/ps": []}, "alive"),
    ],
)
async def test_what_a_server_does_is_told_as_far_as_it_says(serve, begin, said, state: str):
    server = serve(waiting("Hello.", begin))
    server.said |= said
    assert [event.state for event in await silences(server, begin)] == [state]
    assert {key for _, key in server.asked} == {None}


async def test_another_state_is_told_when_it_changes(serve, begin):
    server = serve(waiting("Hello.", begin))
    server.said |= {"/props": OLDER, "/slots": [WRITING]}

    def goes_on(event: ModelSilent) -> bool:
        server.said["/slots"] = [READING]
        return event.state == "reading"

    assert [event.state for event in await silences(server, begin, until=goes_on)] == ["busy", "reading"]


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_how_much_of_the_question_is_read_is_told(serve, begin, client: str):
    server = serve([Reply("Hello.", progress=[(24, 785, 24), (310, 785, 24)], begin=begin)])
    server.said["/props"] = CURRENT
    told = await silences(server, begin, client, until=lambda event: event.tokens_read == 310)
    assert told[-1] == ModelSilent(told[-1].model, "reading", 310, 785, limit=600)
    assert server.requests[0].body["return_progress"] is True


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_a_server_that_is_not_llama_cpp_is_not_asked_for_its_progress(serve, client: str):
    server = serve(["Hello."])
    server.said["/props"] = OLDER
    async with CodeAgent(make(client, server.url)) as agent:
        await agent.run("Hello?")
    assert "return_progress" not in server.requests[0].body


async def test_an_address_without_a_server_has_no_state():
    assert await make("hub", f"http://127.0.0.1:{free_port()}/v1").state() == ""
    assert await make("hub", "http://127.0.0.1:99999/v1").state() == ""


async def test_a_reply_that_is_not_waited_for_counts_what_the_server_read(serve):
    server = serve([Reply("```python\nfinal_answer(1)\n```\nThe value is 1.", progress=[(24, 785, 24)])])
    server.said["/props"] = CURRENT
    async with CodeAgent(make("hub", server.url)) as agent:
        events = await events_of(agent)
    usage = of_kind(events, StepFinished)[0].usage
    assert str(of_kind(events, FinalAnswer)[0].answer) == "1"
    assert (usage.input_tokens, usage.cached_tokens, usage.estimated) == (785, 24, True)
