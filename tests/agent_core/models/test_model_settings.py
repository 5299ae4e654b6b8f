"""The settings of a model: what each client sends for them, what is refused before, and what a service refuses."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from agent_core import CodeAgent, HubModel, LiteLLMModel, ModelChunk, ModelError, OpenAIModel, RetryPolicy
from agent_core.models.base import Message
from agent_core.models.served import ServedModel
from agent_core.models.settings import checked
from tests.agent_core.models.support import KEY
from tests.doubles.anthropic_server import AnthropicServer
from tests.doubles.openai_server import OpenAIServer, Reply

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]
KINDS = {
    "hub": lambda url, **settings: HubModel("maker/model", token=KEY, base_url=url, **settings),
    "litellm": lambda url, **settings: LiteLLMModel("openai/maker/model", api_key=KEY, api_base=url, **settings),
    "openai": lambda url, **settings: OpenAIModel("maker/model", api_key=KEY, base_url=url, **settings),
}


class City(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    people: int


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Any:
    return KINDS[request.param]


async def read(model: ServedModel, **settings: Any) -> str:
    async with asyncio.timeout(20):
        return "".join([chunk.text async for chunk in model.stream(QUESTION, **settings)])


async def body_of(model: Any, server: OpenAIServer, **settings: Any) -> dict[str, Any]:
    await read(model, **settings)
    return server.requests[-1].body


async def refused(model: ServedModel, **settings: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await read(model, **settings)
    return caught.value


ALL: dict[str, Any] = {"temperature": 0.25, "top_p": 0.5, "seed": 7, "max_tokens": 60, "stop": ["END", "Q:"]}


async def test_each_setting_is_sent(make: Any, serve):
    server = serve(["Three."])
    body = await body_of(make(server.url, **ALL, extra_body={"top_k": 40}), server)
    kept = {"model", "messages", "stream", "stream_options"}
    assert {name: value for name, value in body.items() if name not in kept} == {**ALL, "top_k": 40}


async def test_what_is_not_set_is_not_sent_but_for_the_most_tokens(make: Any, serve):
    server = serve(["Three."])
    body = await body_of(make(server.url, temperature=None), server)
    assert set(body) == {"model", "messages", "stream", "stream_options", "max_tokens"}
    assert body["max_tokens"] == 4_096


async def test_a_request_counts_more_than_the_model(make: Any, serve):
    server = serve(["Three."] * 2)
    model = make(server.url, **ALL)
    body = await body_of(model, server, temperature=0, top_p=None, stop="STOP", max_tokens=9)
    assert (body["temperature"], body["stop"], body["max_tokens"], body["seed"]) == (0, ["STOP"], 9, 7)
    assert "top_p" not in body
    assert (await body_of(model, server))["temperature"] == 0.25


async def test_extra_body_counts_more_than_all_else(make: Any, serve):
    server = serve(["Three."])
    body = await body_of(make(server.url, temperature=1, extra_body={"temperature": 3}), server)
    assert body["temperature"] == 3


SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "title": "A city"}


@pytest.mark.parametrize("client", ["litellm", "openai"])
async def test_a_schema_becomes_a_response_format(client, serve):
    server, make = serve(["{}"] * 3), KINDS[client]
    body = await body_of(make(server.url, response_format=SCHEMA), server)
    assert body["response_format"] == {"type": "json_schema", "json_schema": {"name": "A_city", "schema": SCHEMA}}
    body = await body_of(make(server.url), server, response_format=City)
    described = body["response_format"]["json_schema"]
    assert (described["name"], described["schema"], described["strict"]) == ("City", City.model_json_schema(), True)
    body = await body_of(make(server.url, response_format={"type": "json_object"}), server)
    assert body["response_format"] == {"type": "json_object"}


async def test_the_hubs_library_sends_a_schema_to_an_own_address_as_its_own_server_has_it(serve):
    server = serve(["{}"])
    body = await body_of(KINDS["hub"](server.url, response_format=SCHEMA), server)
    assert body["response_format"] == {"type": "json_object", "value": SCHEMA}


async def test_litellm_says_it_in_the_words_of_another_provider(monkeypatch: pytest.MonkeyPatch):
    fetched: list[object] = []
    monkeypatch.setattr(httpx, "get", lambda *asked, **_: fetched.append(asked))
    with AnthropicServer("Three.") as server:
        model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key="k", api_base=server.url, temperature=0.5)
        assert await read(model, stop=["END"], max_tokens=33, extra_body={"top_k": 5}) == "Three."
        error = await refused(model, seed=3)
    assert fetched == [], "it loaded a list from elsewhere"
    body = server.bodies[0]
    assert (body["temperature"], body["stop_sequences"], body["max_tokens"]) == (0.5, ["END"], 33)
    assert str(error) == "anthropic/claude-sonnet-4-5 does not take the setting seed. Leave it out."
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temperature": 2.5}, "The setting temperature of a model cannot be used: Input should be less than"),
        ({"temperature": "hot"}, "temperature of a model cannot be used: Input should be a valid number."),
        ({"temperature": True}, "temperature of a model cannot be used: Input should be a valid number."),
        ({"temperature": float("nan")}, "temperature of a model cannot be used: Input should be a finite number."),
        ({"top_p": 0}, "top_p of a model cannot be used: Input should be greater than 0."),
        ({"seed": 1.5}, "seed of a model cannot be used: Input should be a valid integer."),
        ({"max_tokens": 0}, "max_tokens of a model cannot be used: Input should be greater than or equal to 1."),
        ({"stop": ["END", ""]}, "stop of a model cannot be used: String should have at least 1 character."),
        ({"stop": 5}, "stop of a model cannot be used:"),
        ({"response_format": "json"}, "cannot be used: give a JSON Schema as a dict, or a pydantic model."),
        ({"response_format": {"enum": {1, 2}}}, "cannot be used: it must consist of what JSON can say."),
        ({"extra_body": {"stream": False}}, "extra_body of a model cannot be used: stream is not a setting"),
        ({"extra_body": [1]}, "extra_body of a model cannot be used: Input should be a valid dictionary."),
        ({"timeout": 0}, "timeout of a model cannot be used: Input should be greater than 0."),
        (
            {"temprature": 1},
            "A model has no setting temprature. Did you mean temperature? There are temperature, top_p",
        ),
        ({"stop_sequences": ["x"]}, "A model has no setting stop_sequences. Did you mean stop?"),
        ({"top_k": 4}, 'what only the service knows goes into extra_body={"…": …}.'),
    ],
)
async def test_a_setting_that_cannot_be_used_is_refused_at_once(make: Any, settings, said, serve):
    with pytest.raises(ModelError) as caught:
        make("http://127.0.0.1:9/v1", **settings)
    assert said in str(caught.value) and caught.value.code == "setting"
    server = serve([])
    assert str(await refused(make(server.url), **settings)) == str(caught.value)
    async with CodeAgent(make(server.url)) as agent:
        with pytest.raises(ModelError) as caught:
            await agent.run("Hello?", settings=settings)
        assert said in str(caught.value) and not agent.memory.turns
    assert not server.requests


def test_settings_are_a_dict():
    with pytest.raises(ModelError, match="are a dict, such as"):
        checked([("temperature", 1)])  # type: ignore[arg-type]


def test_a_schema_that_holds_itself_is_none():
    schema: dict[str, Any] = {"type": "object"}
    schema["properties"] = {"more": schema}
    with pytest.raises(ModelError, match="it must consist of what JSON can say"):
        checked({"response_format": schema})


def test_checked_settings_can_be_checked_again():
    once = checked({**ALL, "response_format": City, "extra_body": {"a": 1}, "timeout": 3, "stop": "END"})
    assert checked(once) == once


REFUSALS: dict[str, tuple[dict[str, Any], Reply]] = {
    "temperature": (
        {"temperature": 0.2},
        Reply(status=400, error="Unsupported value: 'temperature' does not support 0.2 with this model."),
    ),
    "top_p": ({"top_p": 0.5}, Reply(status=400, error="`top_p` must be > 0.0 and < 1.0. You set max_tokens to 9.")),
    "seed": ({"seed": 1}, Reply(status=422, raw="", error="body -> seed: extra fields not permitted")),
    "max_tokens": ({"max_tokens": 9}, Reply(status=400, error="max_completion_tokens must be at least 16")),
    "stop": ({"stop": ["END"]}, Reply(status=400, error="Too many stop sequences")),
    "response_format": (
        {"response_format": SCHEMA},
        Reply(status=400, error="This response_format type is unavailable now"),
    ),
    "top_k": ({"extra_body": {"top_k": 4}}, Reply(status=400, error="Unrecognized request argument supplied: top_k")),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_setting_that_a_service_refuses_is_named(make: Any, name, serve):
    settings, reply = REFUSALS[name]
    model = make(serve([reply] * 2).url)
    error = await refused(model, **settings)
    sentence = f"The service of {model.name} refuses the setting {name}. Change it, or leave it out. It says: "
    assert str(error).startswith(sentence) and reply.error.rstrip(".") in str(error)
    assert (error.code, error.retryable) == ("setting", False)


async def test_a_refusal_within_the_reply_names_it_too(make: Any, serve):
    error = await refused(make(serve([Reply("Three.", fault="error_midway", error="bad seed")]).url), seed=5)
    assert "refuses the setting seed" in str(error) or "bad seed" in str(error)


async def test_a_run_says_its_settings_to_all_its_models_and_only_as_long_as_it_lasts(serve):
    first, spare = serve([Reply(status=401, error="no"), "Four."]), serve(["Three."])
    model = OpenAIModel("a", base_url=first.url, api_key=KEY, temperature=1, seed=1)
    fallback = HubModel("b", base_url=spare.url, token=KEY, temperature=0.5)
    async with CodeAgent(model, fallbacks=[fallback]) as agent:
        assert str((await agent.run("Hello?", settings={"temperature": 0})).answer) == "Three."
        await agent.run("And now?")
    sent = [request.body for request in (*first.requests, *spare.requests)]
    assert [(body["temperature"], body.get("seed")) for body in sent] == [(0, 1), (1, 1), (0, None)]


async def test_a_run_that_goes_on_takes_settings_too(serve):
    server = serve([Reply("One, two,", finish="length"), "three."])
    async with CodeAgent(OpenAIModel("a", base_url=server.url)) as agent:
        assert (await agent.run("Count.")).reason == "cut_off"
        await agent.resume(settings={"top_p": 0.5})
    assert [request.body.get("top_p") for request in server.requests] == [None, 0.5]


@pytest.mark.parametrize(
    ("window", "wanted", "asked"),
    [
        (None, None, 4_096),
        (None, 9_000, 9_000),
        (8_000, None, 2_000),
        (8_000, 300, 300),
        (8_000, 3_000, 3_000),
        (8_000, 9_000, 4_000),
    ],
)
async def test_the_most_tokens_of_a_reply_leave_room_for_what_is_said(serve, window, wanted, asked):
    server = serve(["Three."])
    model = OpenAIModel("a", base_url=server.url, context_window=window, max_tokens=wanted)
    async with CodeAgent(model, system_prompt="Be short.") as agent:
        await agent.run("Hello?")
    assert server.requests[0].body["max_tokens"] == asked


async def test_what_was_cut_says_how_many_tokens_it_had(serve):
    server = serve([Reply("One, two,", finish="length", usage=(7, 5))])
    async with CodeAgent(OpenAIModel("a", base_url=server.url)) as agent:
        result = await agent.run("Count.", settings={"max_tokens": 5})
    assert "after 5 tokens" in result.message


async def test_a_silent_service_is_given_up_after_the_time_that_was_set(make: Any, serve):
    server = serve([Reply("never", fault="hang")] * 2)
    model = make(server.url, timeout=0.3)
    error = await refused(model)
    assert (error.code, len(server.requests)) == ("timeout", 1)
    assert await asyncio.to_thread(server.wait_for_disconnects)


async def test_within_a_run_it_takes_the_place_of_the_policys(serve):
    server = serve([Reply("never", fault="hang")] * 2)
    async with CodeAgent(OpenAIModel("a", base_url=server.url), retry=RetryPolicy(silence_timeout=60)) as agent:
        result = await agent.run("Hello?", settings={"timeout": 0.3})
    assert result.reason == "error" and "sent nothing for too long" in result.message
    assert len(server.requests) == 1


async def test_a_run_waits_longer_than_its_policy_if_it_is_set(serve):
    server = serve([Reply("Three.", delay=0.4)])
    hurried = RetryPolicy(attempts=1, silence_timeout=0.2, idle_timeout=0.2, first_delta_timeout=0.2)
    async with CodeAgent(OpenAIModel("a", base_url=server.url, timeout=20), retry=hurried) as agent:
        assert str((await agent.run("Hello?")).answer) == "Three."


async def test_a_model_of_ones_own_takes_what_was_set_and_no_more():
    asked: list[dict[str, Any]] = []

    class Own:
        name, context_window, capabilities = "own", None, HubModel().capabilities

        async def stream(self, messages: Any, **settings: Any) -> AsyncGenerator[ModelChunk, None]:
            asked.append(settings)
            yield ModelChunk(text="Three.")

    async with CodeAgent(Own()) as agent:
        await agent.run("Hello?")
        await agent.run("Hello?", settings={"seed": 5, "stop": "END"})
    set_by_run = {"seed": 5, "stop": ["END"]}
    assert asked == [{"tools": None, "max_tokens": 4_096}, {"tools": None, "max_tokens": 4_096, **set_by_run}]
