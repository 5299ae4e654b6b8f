"""Servers on one's own machine: they load for minutes, read a prompt for minutes, and have small windows."""

import pytest

from agent_core import CodeAgent, RetryPolicy
from agent_core.errors import ContextOverflow
from agent_core.events import FinalAnswer, ModelWaiting
from agent_core.models import own_server
from agent_core.models.base import Message
from agent_core.net.addresses import is_own_url
from tests.agent_core.models.support import make
from tests.agent_core.support import events_of, of_kind
from tests.doubles.openai_server import OpenAIServer, Reply

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]


@pytest.fixture(autouse=True)
def nothing_asked_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own_server, "_windows", {})


LLAMA = (
    "request (2531 tokens) exceeds the available context size (2048 tokens), try increasing it",
    '{"message": "the request exceeds the available context size", "n_prompt_tokens": 2531, "n_ctx": 2048}',
)


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_server_that_loads_its_model_is_waited_for(serve, client: str):
    server = serve([Reply(status=503, error="Loading model")] * 9 + ["Hello."])
    async with CodeAgent(make(client, server.url), retry=RetryPolicy(attempts=2, first_wait=0.01)) as agent:
        events = await events_of(agent)
    waits = of_kind(events, ModelWaiting)
    assert len(waits) == 9
    assert "is loading its model." in waits[0].message
    assert str(of_kind(events, FinalAnswer)[0].answer) == "Hello."


async def test_a_server_that_never_has_loaded_is_given_up(serve):
    server = serve(lambda body: Reply(status=503, error="Loading model"))
    retry = RetryPolicy(attempts=2, first_wait=0.01, loading_timeout=0.05)
    async with CodeAgent(make("hub", server.url), retry=retry) as agent:
        assert "is loading its model." in (await agent.run("Hello?")).message


@pytest.mark.parametrize("client", ["hub", "litellm"])
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
        ("http://[", False),
        (None, False),
    ],
)
def test_an_address_of_ones_own_is_known_without_asking(url: str | None, own: bool):
    assert is_own_url(url) is own


@pytest.mark.parametrize("client", ["hub", "litellm"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/props", {"default_generation_settings": {"n_ctx": 2_048}, "total_slots": 4}),
        ("/v1/models", {"data": [{"id": "other", "max_model_len": 9}, {"id": "maker/model", "max_model_len": 2_048}]}),
    ],
)
async def test_the_window_that_a_server_was_started_with_is_asked_once_without_the_key(
    serve, path: str, said, client: str
):
    server = serve(["Hello.", "Hello again."])
    server.said[path] = said
    for _ in range(2):
        model = make(client, server.url)
        [chunk async for chunk in model.stream(QUESTION, max_tokens=9)]
        assert model.context_window == 2_048
    assert len(server.asked) == len(set(server.asked))
    assert {key for _, key in server.asked} == {None}


@pytest.mark.parametrize(
    "said", [{}, {"default_generation_settings": None}, {"default_generation_settings": {"n_ctx": "x"}}]
)
async def test_a_server_that_does_not_say_its_window_is_used_all_the_same(serve, said):
    server = serve(["Hello."])
    server.said["/props"] = said
    model = make("hub", server.url)
    assert [chunk.text async for chunk in model.stream(QUESTION, max_tokens=9)]
    assert model.context_window is None
