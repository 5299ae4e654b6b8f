"""Servers on one's own machine: they load for minutes, read a prompt for minutes, and have small windows."""

import socket
import threading
import time
from contextlib import aclosing

import pytest

from agent_core import Capabilities, CodeAgent, HubModel, RetryPolicy, ToolCallingAgent, python
from agent_core.agents import silence
from agent_core.errors import ContextOverflow, ModelError
from agent_core.events import FinalAnswer, ModelSilent, ModelWaiting
from agent_core.memory.window import Windows
from agent_core.models import own_server, server_client
from agent_core.models.base import Message
from agent_core.net.addresses import is_own_url
from tests.agent_core.models.support import make
from tests.agent_core.support import events_of, of_kind
from tests.doubles.openai_server import OpenAIServer, Reply

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]


@pytest.fixture(autouse=True)
def nothing_asked_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own_server, "_facts", {})


LLAMA_CPP = {"default_generation_settings": {"n_ctx": 2_048}}
LLAMA = (
    "request (2531 tokens) exceeds the available context size (2048 tokens), try increasing it",
    '{"message": "the request exceeds the available context size", "n_prompt_tokens": 2531, "n_ctx": 2048}',
)


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_a_server_that_loads_its_model_is_waited_for(serve, client: str):
    server = serve([Reply(status=503, error="Loading model")] * 9 + ["Hello."])
    async with CodeAgent(make(client, server.url), retry=RetryPolicy(attempts=2, first_wait=0.01)) as agent:
        events = await events_of(agent)
    waits = of_kind(events, ModelWaiting)
    assert len(waits) == 9
    assert "is loading its model." in waits[0].message
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."


async def test_a_server_that_has_not_begun_to_answer_is_told_of_once(serve, monkeypatch):
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.05)
    begin = threading.Event()

    def answer(body: dict) -> str:
        begin.wait(20)
        return "Hello."

    server = serve(answer)
    events = []
    async with CodeAgent(make("hub", server.url)) as agent, aclosing(agent.stream("Hello?")) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, ModelSilent):
                begin.set()
    assert [event.model for event in of_kind(events, ModelSilent)] == ["maker/model"]
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."


async def test_who_answers_at_once_is_not(serve):
    async with CodeAgent(make("hub", serve(["Hello."]).url)) as agent:
        assert of_kind(await events_of(agent), ModelSilent) == []


async def test_a_server_that_never_has_loaded_is_given_up(serve):
    server = serve(lambda body: Reply(status=503, error="Loading model"))
    retry = RetryPolicy(attempts=2, first_wait=0.01, loading_timeout=0.05)
    async with CodeAgent(make("hub", server.url), retry=retry) as agent:
        assert "is loading its model." in (await agent.run("Hello?")).message


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("said", LLAMA)
async def test_an_overflow_names_the_numbers_and_the_mend(client: str, said: str):
    server = OpenAIServer([Reply(status=400, error=said)])
    with server, pytest.raises(ContextOverflow) as caught:
        [chunk async for chunk in make(client, server.url).stream(QUESTION, max_tokens=9)]
    assert caught.value.window == 2_048
    assert "has 2,531 tokens" in str(caught.value)
    assert "has 2,048" in str(caught.value)
    assert "-c" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8080", True),
        ("http://192.168.1.7:1234/v1", True),
        ("http://box.local/v1", True),
        ("https://api.example.com/v1", False),
        ("https://8.8.8.8/v1", False),
        ("http://", False),
        ("http://127.0.0.1:99999/v1", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_an_address_of_ones_own_is_known_without_asking(url: str | None, own: bool):
    assert is_own_url(url) is own


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/props", {"default_generation_settings": {"n_ctx": 2_048}, "total_slots": 4}),
        ("/v1/models", {"data": [{"id": "other", "max_model_len": 9}, {"id": "maker/model", "max_model_len": 2_048}]}),
        ("/api/v0/models", {"data": [{"id": "maker/model", "loaded_context_length": 2_048}]}),
        ("/api/ps", {"models": [{"name": "maker/model:latest", "context_length": 2_048}, 7]}),
    ],
)
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_the_window_that_a_server_was_started_with_is_asked_once_without_the_key(
    serve, client: str, path: str, said
):
    server = serve(["Hello.", "Hello again."])
    server.said[path] = said
    for _ in range(2):
        model = make(client, server.url)
        [chunk async for chunk in model.stream(QUESTION, max_tokens=9)]
        assert model.context_window == 2_048
    assert len(server.asked) == len(set(server.asked))
    assert {key for _, key in server.asked} == {None}


async def window_of(url: str) -> int | None:
    model = make("hub", url)
    await model.look_up()
    return model.context_window


async def test_a_window_is_asked_for_again_after_some_minutes(serve, monkeypatch):
    server = serve([])
    server.said["/props"] = LLAMA_CPP
    now = time.monotonic()
    assert await window_of(server.url) == 2_048
    server.said["/props"] = {"default_generation_settings": {"n_ctx": 8_192}}
    assert await window_of(server.url) == 2_048
    monkeypatch.setattr(own_server.time, "monotonic", lambda: now + 3_600)
    assert await window_of(server.url) == 8_192


@pytest.mark.parametrize(
    "fault", [Reply(status=503, error="Loading model"), Reply("Hello, it is me.", fault="break_off")]
)
async def test_a_server_that_went_away_is_asked_for_its_window_again(serve, fault: Reply):
    server = serve([fault, "Hello."])
    server.said["/props"] = LLAMA_CPP
    model = make("hub", server.url)
    with pytest.raises(ModelError):
        [chunk async for chunk in model.stream(QUESTION, max_tokens=9)]
    assert model.context_window == 2_048
    server.said["/props"] = {"default_generation_settings": {"n_ctx": 8_192}}
    [chunk async for chunk in model.stream(QUESTION, max_tokens=9)]
    assert model.context_window == 8_192


async def test_a_server_that_cannot_be_reached_is_asked_again(serve):
    with OpenAIServer([]) as server:
        server.said["/props"] = LLAMA_CPP
        model = make("hub", server.url)
        await model.look_up()
    with pytest.raises(ModelError) as caught:
        [chunk async for chunk in model.stream(QUESTION, max_tokens=9)]
    assert caught.value.code == "not_running"
    assert own_server._facts == {}


async def test_a_server_that_is_too_busy_to_say_is_not_waited_for_again_and_again(monkeypatch):
    monkeypatch.setattr(server_client, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as busy:  # takes connections and says nothing
        url = f"http://127.0.0.1:{busy.getsockname()[1]}/v1"
        assert [await window_of(url) for _ in range(2)] == [None, None]
        busy.settimeout(10)
        busy.accept()[0].close()
        busy.settimeout(0.5)
        with pytest.raises(TimeoutError):
            busy.accept()


async def test_the_window_is_known_before_the_first_request(serve):
    server = serve(["Hello."])
    server.said["/props"] = LLAMA_CPP
    async with CodeAgent(make("hub", server.url)) as agent:
        await agent.run("Hello?")
    assert server.requests[0].body["max_tokens"] == 512


async def test_a_window_that_a_refusal_named_does_not_outlive_the_server_either(serve):
    server = serve([])
    server.said["/props"] = {"default_generation_settings": {"n_ctx": 4_096}}
    model, windows = make("hub", server.url), Windows()
    await model.look_up()
    windows.overflowed(model, QUESTION, 2_048)
    assert windows.size(model) == 2_048
    own_server.forget_facts(server.url)
    server.said["/props"] = {"default_generation_settings": {"n_ctx": 8_192}}
    await model.look_up()
    assert windows.size(model) == 8_192


@pytest.mark.parametrize(
    ("said", "tools"),
    [
        ({"/props": {**LLAMA_CPP, "chat_template_caps": {"supports_tools": True}}}, True),
        ({"/props": {**LLAMA_CPP, "chat_template_caps": {"supports_tools": False}}}, False),
        ({"/api/ps": {"models": []}, "/api/show": {"capabilities": ["completion", "tools"]}}, True),
        ({"/api/ps": {"models": []}, "/api/show": {"capabilities": ["completion"]}}, False),
        ({"/api/ps": {"models": []}}, False),
        ({"/props": LLAMA_CPP}, False),
    ],
)
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_a_server_says_whether_its_template_has_tools(serve, client: str, said, tools: bool):
    server = serve([])
    server.said |= said
    model = make(client, server.url)
    await model.look_up()
    assert model.capabilities == Capabilities(tools=tools)


@pytest.mark.parametrize("capabilities", [None, Capabilities(tools=True, code_calls=True)])
async def test_no_request_is_lost_on_a_template_that_leaves_tools_out(serve, capabilities: Capabilities | None):
    server = serve(["Hello."])
    server.said["/props"] = {**LLAMA_CPP, "chat_template_caps": {"supports_tools": False}}
    model = HubModel("openai/gpt-oss-20b", base_url=server.url, capabilities=capabilities)
    async with ToolCallingAgent(model, tools=[python]) as agent:
        assert (await agent.run("Hello?")).reason == "answer"
    assert ["tools" in request.body for request in server.requests] == [False]


async def test_what_is_said_to_take_no_tools_gets_none():
    with OpenAIServer([]) as server:
        server.said["/props"] = {**LLAMA_CPP, "chat_template_caps": {"supports_tools": True}}
        model = HubModel("maker/model", base_url=server.url, capabilities=Capabilities())
        await model.look_up()
    assert model.capabilities == Capabilities()


@pytest.mark.parametrize(
    "said", [{}, {"default_generation_settings": None}, {"default_generation_settings": {"n_ctx": "x"}}]
)
async def test_a_server_that_does_not_say_its_window_is_used_all_the_same(serve, said):
    server = serve(["Hello."])
    server.said["/props"] = said
    model = make("hub", server.url)
    assert [chunk.text async for chunk in model.stream(QUESTION, max_tokens=9)]
    assert model.context_window is None
