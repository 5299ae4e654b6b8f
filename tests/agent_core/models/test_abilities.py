"""Native calls, images, caches, windows, usage and cost, through the real clients."""

import json

import pytest

from agent_core.models.base import Capabilities, Message
from agent_core.models.families import family_of
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.usage import Usage
from tests.agent_core.models.support import make
from tests.doubles.anthropic_server import AnthropicServer
from tests.doubles.openai_server import OpenAIServer, Reply

PYTHON = {"type": "function", "function": {"name": "python", "description": "Run it.", "parameters": {}}}
CALL = {"id": "call_7", "type": "function", "function": {"name": "python", "arguments": '{"code": "1 + 1"}'}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
CHAT: list[Message] = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "1 + 1?"},
    {"role": "assistant", "content": "I add.", "tool_calls": [CALL]},  # type: ignore[typeddict-item]
    {"role": "tool", "content": "Value: 2", "tool_call_id": "call_7"},
    {"role": "user", "content": [{"type": "text", "text": "And this?"}, IMAGE]},
]


async def chunks_of(model, messages=CHAT, **options):
    return [chunk async for chunk in model.stream(messages, **{"max_tokens": 50, **options})]


async def usage_of(model):
    return [chunk.usage for chunk in await chunks_of(model) if chunk.usage][-1]


@pytest.fixture(params=["hub", "litellm", "openai"])
def client(request):
    return request.param


async def test_calls_tool_messages_and_images_reach_the_service_as_they_are(client):
    with OpenAIServer(["Three."]) as server:
        await chunks_of(make(client, server.url), tools=[PYTHON])
    body = server.requests[0].body
    assert body["tools"] == [PYTHON]
    assert body["messages"] == CHAT


async def test_a_native_call_comes_in_pieces(client):
    arguments = {"code": 'print("öß\n")\n1 + 1'}
    with OpenAIServer([Reply("I add.", call=("python", arguments))]) as server:
        chunks = await chunks_of(make(client, server.url), tools=[PYTHON])
    calls = [chunk.call for chunk in chunks if chunk.call]
    assert "".join(chunk.text for chunk in chunks) == "I add."
    assert (calls[0].name, calls[0].id, {call.index for call in calls}) == ("python", "call_1", {0})
    assert len(calls) > 3 and json.loads("".join(call.arguments for call in calls)) == arguments


async def test_a_reply_that_is_only_a_call_is_not_empty(client):
    with OpenAIServer([Reply("", call=("python", {"code": "1"}))]) as server:
        assert any(chunk.call for chunk in await chunks_of(make(client, server.url), tools=[PYTHON]))


async def test_no_request_goes_without_a_limit_on_its_reply(client):
    with OpenAIServer(["Three."] * 2) as server:
        await chunks_of(make(client, server.url), max_tokens=77)
        reasoning = LiteLLMModel("openai/o3", api_key="k", api_base=server.url)
        await chunks_of(reasoning, max_tokens=78)
    assert server.requests[0].body["max_tokens"] == 77
    assert 78 in (server.requests[1].body.get("max_tokens"), server.requests[1].body.get("max_completion_tokens"))


async def test_cached_tokens_are_counted(client):
    with OpenAIServer([Reply("Three.", usage=(1_000, 5), cached=800)]) as server:
        assert await usage_of(make(client, server.url)) == Usage(1_000, 5, requests=1, cached_tokens=800)


async def test_a_price_that_litellm_knows_becomes_a_cost(monkeypatch):
    with OpenAIServer([Reply("Three.", usage=(1_000, 100), cached=600)] * 2) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        known = (await usage_of(LiteLLMModel("openai/gpt-4o-mini"))).cost
        unknown = (await usage_of(LiteLLMModel("openai/of-nobody"))).cost
    # 0.15 and 0.60 dollars a million tokens in and out, half of it for what is cached
    assert known == pytest.approx((400 * 0.15 + 600 * 0.075 + 100 * 0.60) / 1_000_000)
    assert unknown is None


async def test_an_own_server_has_no_price():
    with OpenAIServer([Reply("Three.", usage=(1_000, 100))]) as server:
        assert (await usage_of(LiteLLMModel("openai/gpt-4o-mini", api_key="k", api_base=server.url))).cost is None


def test_costs_add_up_where_they_are_known():
    total = Usage(cost=0.25) + Usage() + Usage(cost=0.5, cached_tokens=3)
    assert (total.cost, total.cached_tokens) == (0.75, 3)
    assert (Usage() + Usage()).cost is None


async def test_anthropics_models_get_marks_for_their_cache_and_tell_what_it_served():
    with AnthropicServer("Three.", cached=900) as server:
        model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key="k", api_base=server.url)
        messages: list[Message] = [
            {"role": "system", "content": "Be short."},
            *({"role": role, "content": f"{role} {number}"} for number in range(3) for role in ("user", "assistant")),
            {"role": "user", "content": [{"type": "text", "text": "Last."}]},
        ]  # type: ignore[list-item]
        before = json.dumps(messages)
        chunks = await chunks_of(model, messages)
    assert json.dumps(messages) == before
    body = server.bodies[0]
    assert body["max_tokens"] == 50
    assert body["system"][-1]["cache_control"] == {"type": "ephemeral"}
    marked = ["cache_control" in json.dumps(message) for message in body["messages"]]
    assert marked == [False, False, False, False, True, False, True]
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (1_000, 20, 900)


async def test_other_providers_get_no_marks(client):
    with OpenAIServer(["Three."]) as server:
        await chunks_of(make(client, server.url))
    assert "cache_control" not in json.dumps(server.requests[0].body)


async def test_images_reach_anthropic_in_its_own_form():
    with AnthropicServer("A dot.") as server:
        model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key="k", api_base=server.url)
        await chunks_of(model, tools=[PYTHON])
    assert '"media_type": "image/png"' in json.dumps(server.bodies[0]["messages"])


@pytest.mark.parametrize(
    ("name", "window", "code_calls"),
    [
        ("Qwen/Qwen2.5-Coder-32B-Instruct", 32_768, False),
        ("openai/gpt-4.1-mini", 1_047_576, True),
        ("anthropic/claude-sonnet-4-5", 200_000, True),
        ("meta-llama/Llama-3.3-70B-Instruct", 131_072, False),
        ("someone/else", None, False),
    ],
)
def test_what_is_known_of_a_family(name, window, code_calls):
    family = family_of(name)
    assert (family.context_window, family.capabilities.code_calls) == (window, code_calls)
    for model in (HubModel(name), LiteLLMModel(name)):
        assert (model.context_window, model.capabilities) == (window, family.capabilities)


def test_what_is_given_counts_more_than_the_family():
    model = HubModel("Qwen/Qwen2.5-Coder-32B-Instruct", context_window=8_000, capabilities=Capabilities(vision=True))
    assert (model.context_window, model.capabilities.vision) == (8_000, True)


def test_an_own_server_gets_code_as_text_unless_it_is_said_otherwise():
    for model in (
        HubModel("openai/gpt-oss-20b", base_url="http://x"),
        LiteLLMModel("openai/gpt-5", api_base="http://x"),
    ):
        assert (model.capabilities.tools, model.capabilities.code_calls) == (True, False)
    able = Capabilities(tools=True, code_calls=True)
    assert HubModel("openai/gpt-oss-20b", base_url="http://x", capabilities=able).capabilities == able


async def test_an_empty_message_gets_no_mark():
    with AnthropicServer("Three.") as server:
        model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key="k", api_base=server.url)
        await chunks_of(model, [*CHAT[:3], {"role": "tool", "content": "", "tool_call_id": "call_7"}])
    assert json.dumps(server.bodies[0]["messages"]).count("cache_control") == 1


async def test_a_window_that_only_litellm_knows_is_looked_up(monkeypatch):
    with OpenAIServer(["Three."]) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        model = LiteLLMModel("openai/gpt-3.5-turbo")
        await chunks_of(model, CHAT[:2])
    assert model.context_window == 16_385
