"""Both clients, each through its real library, against a loopback service."""

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Unpack

import httpx
import pytest

from agent_core.errors import ModelError
from agent_core.models import error_mapping, streaming
from agent_core.models.base import Message, ModelChunk
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.openai import OpenAIModel
from agent_core.models.served import ServedModel
from agent_core.models.settings import ModelSettings
from agent_core.usage import Usage
from tests.doubles.openai_server import OpenAIServer, Reply

KEY = "hf_canary0123456789"
QUESTION: list[Message] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello?"}]
TEXT = "The cube root of 27 is 3. Nothing else is."

Make = Callable[[str], ServedModel]


@pytest.fixture(params=["hub", "litellm", "openai"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "openai":
        return lambda url: OpenAIModel("maker/model", api_key=KEY, base_url=url)
    if request.param == "hub":
        return lambda url: HubModel("maker/model", token=KEY, base_url=url)
    return lambda url: LiteLLMModel("openai/maker/model", api_key=KEY, api_base=url)


def ask(model: ServedModel, **settings: Unpack[ModelSettings]) -> AsyncGenerator[ModelChunk, None]:
    asked: ModelSettings = {"max_tokens": 50, **settings}
    return model.stream(QUESTION, **asked)


async def read(model: ServedModel, **options) -> list[ModelChunk]:
    async with asyncio.timeout(20):
        return [chunk async for chunk in ask(model, **options)]


async def failure_of(model: ServedModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await read(model)
    return caught.value


async def test_a_reply_streams_reasoning_text_and_usage(make: Make):
    with OpenAIServer([Reply(TEXT, reasoning="27 is 3 cubed.", usage=(11, 22))]) as server:
        chunks = await read(make(server.url))
    assert "".join(chunk.text for chunk in chunks) == TEXT
    assert "".join(chunk.reasoning for chunk in chunks) == "27 is 3 cubed."
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    assert [chunk.usage for chunk in chunks if chunk.usage] == [Usage(11, 22, requests=1)]
    assert chunks[-1].usage
    assert not server.disconnects


async def test_pieces_arrive_as_they_are_written(make: Make):
    with OpenAIServer([Reply(TEXT, fault="hang_midway")]) as server:
        async with aclosing(ask(make(server.url))) as chunks, asyncio.timeout(20):
            assert TEXT.startswith((await anext(chunks)).text)


async def test_the_request_says_what_was_asked(make: Make):
    with OpenAIServer([TEXT]) as server:
        await read(make(server.url), max_tokens=77, stop=["Observation:", "</code>"], temperature=0.25)
    [request] = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "maker/model",
        "messages": QUESTION,
        "max_tokens": 77,
        "stop": ["Observation:", "</code>"],
        "temperature": 0.25,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_what_was_not_asked_is_not_sent(make: Make):
    with OpenAIServer([TEXT]) as server:
        await read(make(server.url))
    assert "stop" not in server.requests[0].body
    assert "temperature" not in server.requests[0].body
    assert server.requests[0].body["max_tokens"] == 50


async def test_a_service_that_counts_nothing_gives_no_usage(make: Make):
    with OpenAIServer([Reply(TEXT, usage=None)]) as server:
        chunks = await read(make(server.url))
    assert [chunk.usage for chunk in chunks if chunk.usage] == []


async def test_one_model_serves_several_requests_at_once(make: Make):
    with OpenAIServer(lambda body: Reply(body["messages"][0]["content"], delay=0.01)) as server:
        model = make(server.url)
        questions: list[Message] = [{"role": "user", "content": f"Question number {number}"} for number in range(4)]

        async def answer(question: Message) -> str:
            return "".join([chunk.text async for chunk in model.stream([question], max_tokens=9)])

        answers = await asyncio.gather(*map(answer, questions))
    assert answers == [question["content"] for question in questions]


REPLIES = {
    "wrong key": (Reply(status=401, error=f"Incorrect API key provided: {KEY}"), error_mapping.BAD_KEY),
    "key without a right": (Reply(status=403, error="insufficient permissions"), error_mapping.BAD_KEY),
    "no credit": (Reply(status=402, error="You have exceeded your monthly included credits"), error_mapping.NO_CREDIT),
    "no quota": (Reply(status=429, error="no", code="insufficient_quota"), error_mapping.NO_CREDIT),
    "unknown model": (Reply(status=404, error="The model `maker/model` does not exist"), error_mapping.UNKNOWN_MODEL),
    "unknown to the router": (Reply(status=400, error="no", code="model_not_supported"), error_mapping.UNKNOWN_MODEL),
    "too many requests": (Reply(status=429, error="Rate limit reached for the model"), error_mapping.TOO_MANY),
    "too long": (Reply(status=400, error="no", code="context_length_exceeded"), error_mapping.TOO_LONG),
    "broken off": (Reply(TEXT, fault="break_off"), error_mapping.BROKEN_OFF),
    "garbage": (Reply(TEXT, fault="garbage"), error_mapping.GARBLED),
    "a list for a text": (Reply(TEXT, fault="no_text"), error_mapping.GARBLED),
    "words for a number": (Reply(TEXT, fault="no_number"), error_mapping.GARBLED),
    "web page": (Reply(fault="html"), error_mapping.EMPTY),
    "nothing": (Reply(fault="nothing"), error_mapping.EMPTY),
    "no text": (Reply(""), error_mapping.EMPTY),
    "server fault": (Reply(status=500, error=f"crash with {KEY}"), error_mapping.SERVER_FAULT),
    "overloaded": (Reply(status=503, error="busy"), error_mapping.SERVER_FAULT),
    "refused": (Reply(status=400, error=f"temperature must be\npositive, {KEY}"), error_mapping.REFUSED),
    "error in mid-reply": (
        Reply(TEXT, fault="error_midway", error=f"out of memory at {KEY}"),
        error_mapping.REPORTED,
    ),
}
QUOTED = {
    "server fault": {"status": 500},
    "overloaded": {"status": 503},
    "refused": {"status": 400, "detail": "temperature must be positive, …"},
    "error in mid-reply": {"detail": "out of memory at …"},
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # litellm, about what is no chat reply
@pytest.mark.parametrize("name", REPLIES)
async def test_a_failure_is_one_sentence_without_the_key(
    make: Make, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    reply, kind = REPLIES[name]
    caplog.set_level(logging.INFO)
    with OpenAIServer([reply]) as server:
        model = make(server.url)
        error = await failure_of(model)
    assert str(error) == kind.sentence.format(model=model.name, **QUOTED.get(name, {}))
    assert (error.code, error.retryable) == (kind.code, kind.retryable)
    assert len(server.requests) == 1, "a failed request was sent again"
    shown = "".join(capfd.readouterr())
    for text in (str(error), repr(error), "".join(traceback.format_exception(error)), repr(model), caplog.text, shown):
        assert KEY not in text


async def test_a_quoted_error_holds_no_secret_of_the_environment(make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTHER_API_KEY", "other-canary-9876")
    with OpenAIServer([Reply(status=400, error="bad: other-canary-9876")]) as server:
        error = await failure_of(make(server.url))
    assert str(error).endswith("(HTTP 400): bad: …")


@pytest.mark.parametrize("fault", ["hang", "hang_midway"])
async def test_a_silent_service_is_given_up(make: Make, fault, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streaming, "SILENCE_SECONDS", 0.3)
    with OpenAIServer([Reply(TEXT, fault=fault)]) as server:
        model = make(server.url)
        error = await failure_of(model)
        assert await asyncio.to_thread(server.wait_for_disconnects)
    assert str(error) == error_mapping.SILENT.sentence.format(model=model.name)


async def test_no_service_at_the_address(make: Make):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    model = make(f"http://127.0.0.1:{port}/v1")
    error = await failure_of(model)
    assert str(error) == error_mapping.DOWN.sentence.format(model=model.name)
    assert error.retryable  # it may just be starting


async def test_an_address_of_nobody(make: Make, monkeypatch: pytest.MonkeyPatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    model = make("http://nobody.invalid/v1")
    error = await failure_of(model)
    assert str(error) == error_mapping.UNREACHABLE.sentence.format(model=model.name)
    assert not error.retryable


async def test_an_address_that_is_none(make: Make):
    model = make("127.0.0.1:8000")
    assert str(await failure_of(model)) == error_mapping.UNREACHABLE.sentence.format(model=model.name)


async def test_a_port_that_is_none(make: Make):
    assert "Check the address" in str(await failure_of(make("http://127.0.0.1:99999999/v1")))


@pytest.mark.parametrize("fault", ["hang", "hang_midway"])
async def test_cancelling_closes_the_connection(make: Make, fault):
    with OpenAIServer([Reply(TEXT, fault=fault)]) as server:
        task = asyncio.create_task(read(make(server.url)))
        assert await asyncio.to_thread(server.wait_for_requests)
        await asyncio.sleep(0.1)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=30)
        assert done
        assert task.cancelled()
        assert await asyncio.to_thread(server.wait_for_disconnects)


async def test_closing_the_iterator_closes_the_connection(make: Make):
    with OpenAIServer([Reply(TEXT, fault="hang_midway")]) as server:
        chunks = ask(make(server.url))
        assert (await anext(chunks)).text
        async with asyncio.timeout(5):
            await chunks.aclose()
        assert await asyncio.to_thread(server.wait_for_disconnects)


async def test_our_own_client_is_closed_when_its_iterator_is(monkeypatch: pytest.MonkeyPatch):
    left, leave = [], httpx.AsyncClient.__aexit__

    async def noted(self: httpx.AsyncClient, *error) -> None:
        await leave(self, *error)
        left.append(self)

    monkeypatch.setattr(httpx.AsyncClient, "__aexit__", noted)
    with OpenAIServer([Reply(TEXT, fault="hang_midway")]) as server:
        async with aclosing(ask(OpenAIModel("maker/model", base_url=server.url))) as chunks:
            await anext(chunks)
            left.clear()
        assert left


async def test_the_next_request_after_a_failure_works(make: Make):
    with OpenAIServer([Reply(TEXT, fault="break_off"), TEXT]) as server:
        model = make(server.url)
        await failure_of(model)
        assert "".join(chunk.text for chunk in await read(model)) == TEXT
