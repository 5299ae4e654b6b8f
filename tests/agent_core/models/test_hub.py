"""Which token a Hub model uses, and where it goes."""

from contextlib import suppress
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.inference import _providers

from agent_core.errors import ModelError
from agent_core.models import error_mapping
from agent_core.models.base import Message
from agent_core.models.hub import HubModel
from agent_core.models.openai import OpenAIModel
from agent_core.models.served import ServedModel
from tests.doubles.openai_server import OpenAIServer, Reply

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch):
    """A stand-in for the Hub's router, which knows no model with "unknown" in its name."""

    def answer(body: dict) -> Reply:
        if "unknown" in body["model"]:
            return Reply(status=400, error=f"The requested model '{body['model']}' does not exist")
        return Reply("Hello!")

    with OpenAIServer(answer) as server:
        monkeypatch.setattr(_providers.CONVERSATIONAL_AUTO_ROUTER, "base_url", server.url.removesuffix("/v1"))
        yield server


async def read(model: ServedModel) -> str:
    return "".join([chunk.text async for chunk in model.stream(QUESTION, max_tokens=9)])


async def failure_of(model: HubModel) -> str:
    with pytest.raises(ModelError) as caught:
        await read(model)
    return str(caught.value)


def log_in(token: str) -> None:
    Path(constants.HF_TOKEN_PATH).write_text(token)


def sent_token(server: OpenAIServer) -> str:
    return server.requests[-1].headers["authorization"]


async def test_the_default_model_goes_through_the_router_of_the_hub(router: OpenAIServer):
    assert await read(HubModel(token="hf_given")) == "Hello!"
    assert router.requests[0].body["model"] == "Qwen/Qwen2.5-Coder-32B-Instruct"


async def test_the_given_token_comes_before_the_environment_and_that_before_the_login(
    router: OpenAIServer, monkeypatch: pytest.MonkeyPatch
):
    log_in("hf_login")
    await read(HubModel())
    assert sent_token(router) == "Bearer hf_login"
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    await read(HubModel())
    assert sent_token(router) == "Bearer hf_environment"
    await read(HubModel(token="hf_given"))
    assert sent_token(router) == "Bearer hf_given"


async def test_without_a_token_nothing_is_sent(router: OpenAIServer):
    assert await failure_of(HubModel("maker/model")) == (
        "There is no Hugging Face token for maker/model. Set HF_TOKEN, or log in with `hf auth login`."
    )
    assert not router.requests


async def test_a_key_that_is_no_token_of_the_hub_is_not_sent(router: OpenAIServer):
    message = await failure_of(HubModel("maker/model", token="sk-canary-of-another-service"))
    assert message == error_mapping.BAD_KEY.sentence.format(model="maker/model")
    assert not router.requests


async def test_a_model_that_the_router_does_not_know(router: OpenAIServer):
    message = await failure_of(HubModel("maker/unknown", token="hf_given"))
    assert message == error_mapping.UNKNOWN_MODEL.sentence.format(model="maker/unknown")


async def test_an_own_address_never_gets_the_login(monkeypatch: pytest.MonkeyPatch):
    log_in("hf_login")
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    with OpenAIServer(["Hello!", Reply(status=401, error="who are you?")]) as server:
        model = HubModel("maker/model", base_url=server.url)
        assert await read(model) == "Hello!"
        assert await failure_of(model) == error_mapping.NO_KEY.sentence.format(model="maker/model")
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer none"}


async def test_a_reply_that_ends_without_a_finish_reason_is_not_taken_for_whole():
    with OpenAIServer([Reply("A long and winding reply.", fault="cut_short")]) as server:
        message = await failure_of(HubModel("maker/model", base_url=server.url))
    assert message == error_mapping.BROKEN_OFF.sentence.format(model="maker/model")


async def test_a_client_set_to_offline_reaches_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with OpenAIServer(["Hello!"]) as server:
        message = await failure_of(HubModel("maker/model", base_url=server.url))
    assert message == error_mapping.UNREACHABLE.sentence.format(model="maker/model")


@pytest.mark.parametrize("token", ["hf_given", None])
@pytest.mark.parametrize("path", ["/v1", "/x/v1/chat/completions", ":hf-inference"])
async def test_a_name_that_is_an_address_gets_no_token(token: str | None, path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    with OpenAIServer(lambda _: "Hello!") as canary:
        name = canary.url.removesuffix("/v1") + path
        with pytest.raises(ModelError) as caught:
            await read(HubModel(name, token=token))
    assert (
        str(caught.value) == f"{name!r} is not the name of a Hub model. Write it as owner/name or owner/name:provider."
    )
    assert not canary.requests


@pytest.mark.parametrize(
    "name",
    [
        "https://example.org/v1",
        "HTTPS://example.org/v1",
        "//example.org/v1",
        "http:/example.org",
        " http://example.org",
        "\thttp://example.org",
        "owner/name\n",
        "owner/name ",
        "owner/name:http://example.org",
        "owner/name:",
        "owner/name:a:b",
        "owner/name:a/b",
        "owner/name:a.b",
        "owner/name:a\n",
        "owner/../name",
        "../name",
        "owner/name/more",
        "owner//name",
        "owner/na me",
        "owner/name?x",
        "owner/name#x",
        "owner/name@example.org",
        "owner/name%2e",
        "owner\\name",
        "owner/\u00f1ame",
        "owner\uff0fname",  # a slash that is none
        "name",
        "owner/",
        "/name",
        "",
    ],
)
def test_what_is_no_name_on_the_hub_is_refused(name: str):
    with pytest.raises(ModelError, match="is not the name of a Hub model"):
        HubModel(name)


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen2.5-Coder-32B-Instruct", "openai/gpt-oss-120b:groq", "a/b:fireworks-ai", "a/b_c.d:fastest"]
)
async def test_names_on_the_hub_are_sent_as_they_are(name: str, router: OpenAIServer):
    assert await read(HubModel(name, token="hf_given")) == "Hello!"
    assert router.requests[0].body["model"] == name


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
async def test_at_an_own_address_no_name_becomes_the_address(scheme: str):
    with OpenAIServer(lambda _: "Elsewhere.") as canary, OpenAIServer(["Hello!"]) as server:
        name = canary.url.replace("http", scheme, 1)
        assert await read(HubModel(name, token="hf_given", base_url=server.url)) == "Hello!"
    assert len(server.requests) == 1 and not canary.requests


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_does_not_carry_the_token_on(status: int, monkeypatch: pytest.MonkeyPatch):
    with OpenAIServer(lambda _: "Elsewhere.") as canary:
        there = {"location": f"{canary.url}/chat/completions"}
        with OpenAIServer(lambda _: Reply(status=status, error="there", headers=there)) as server:
            monkeypatch.setattr(_providers.CONVERSATIONAL_AUTO_ROUTER, "base_url", server.url.removesuffix("/v1"))
            for model in (
                HubModel("maker/model", token="hf_canary", base_url=server.url),
                HubModel("maker/model", token="hf_canary"),
                OpenAIModel("maker/model", api_key="hf_canary", base_url=server.url),
            ):
                with suppress(ModelError):
                    await read(model)
        assert len(server.requests) == 3
        assert "canary" not in str([request.headers for request in canary.requests])


async def test_a_model_that_is_not_to_look_for_a_token_finds_none(router: OpenAIServer, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    log_in("hf_login")
    assert "There is no Hugging Face token" in await failure_of(HubModel(find_key=False))
    assert not router.requests
    assert await read(HubModel(token="hf_given", find_key=False)) == "Hello!"
    assert sent_token(router) == "Bearer hf_given"
