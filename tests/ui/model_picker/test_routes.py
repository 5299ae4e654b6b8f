"""The picker over HTTP: what it lists, what it looks for, and where a test sends a key."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from tests.doubles.hub_server import be_the_hub, hub_server, served
from tests.doubles.openai_server import OpenAIServer, Reply
from ui.config import Config
from ui.model_picker.routes import ModelPicker
from ui.security.allowed_routes import AllowedRoutesOnly
from ui.security.origins import OwnPagesOnly
from ui.settings.keys import ChatKeys
from ui.settings.settings import Settings

HOME, SPACE = Config(), Config(space_id="owner/name", space_host="127.0.0.1")


class Chats:
    """One chat, "mine", in which keys may have been typed."""

    def __init__(self) -> None:
        self.keys = ChatKeys()

    def keys_of(self, chat_id: object, owner: str) -> ChatKeys:
        return self.keys if chat_id == "mine" else ChatKeys()


class Picker:
    """The browser's side."""

    def __init__(self, config: Config) -> None:
        self.config, self.chats = config, Chats()
        routes = ModelPicker(config, self.chats).routes
        self.app = Starlette(
            routes=routes, middleware=[Middleware(AllowedRoutesOnly), Middleware(OwnPagesOnly, config=config)]
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1")

    async def groups(self) -> dict[str, dict[str, Any]]:
        listed = (await self.client.get("/models", params={"chat": "mine"})).json()
        return {group["title"]: group for group in listed["groups"]}

    async def check(self, **sent: Any) -> dict[str, Any]:
        response = await self.client.post("/models/check", json={"chat": "mine", **sent})
        assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
        return response.json()


@pytest.fixture
def picker_of(monkeypatch: pytest.MonkeyPatch):
    with hub_server() as hub:
        hub.models = [served("owner/name")]
        be_the_hub(hub, monkeypatch)
        yield Picker


@pytest.fixture
def openai(serve: Callable[..., OpenAIServer], monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    server = serve(lambda _: "ready")
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    return server


def keys_sent(server: OpenAIServer) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


async def test_without_a_key_the_hubs_models_are_listed_and_said_to_need_one(picker_of):
    groups = await picker_of(HOME).groups()
    assert list(groups) == ["Hugging Face"]
    hub = groups["Hugging Face"]
    assert hub["models"][0]["model"] == "owner/name" and hub["current"] and not hub["ready"]


async def test_keys_of_the_owner_count_where_they_are_shared(picker_of, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    groups = await picker_of(HOME).groups()
    assert list(groups) == ["Hugging Face", "Mistral"] and groups["Hugging Face"]["ready"]
    assert all(model["model"].startswith("mistral/") for model in groups["Mistral"]["models"])
    groups = await picker_of(SPACE).groups()
    assert list(groups) == ["Hugging Face"] and not groups["Hugging Face"]["ready"]


async def test_a_typed_key_lists_its_providers_models_and_is_not_told(picker_of):
    picker = picker_of(SPACE)
    picker.chats.keys.add(Settings(source="litellm", model="openai/x"), "sk-canary", SPACE)
    picker.chats.keys.add(Settings(source="hub"), "hf_canary", SPACE)
    groups = await picker.groups()
    assert list(groups) == ["Hugging Face", "OpenAI"] and groups["Hugging Face"]["ready"]
    assert "canary" not in json.dumps(groups)


async def test_a_providers_models_come_by_its_name(picker_of):
    picker = picker_of(SPACE)
    group = (await picker.client.get("/models/provider", params={"name": "groq"})).json()
    assert group["title"] == "Groq" and group["models"][0]["model"].startswith("groq/")
    assert (await picker.client.get("/models/provider", params={"name": "nobody"})).status_code == 400


async def test_servers_are_looked_for_at_home_only(picker_of, serve):
    server = serve([])
    server.said["/v1/models"] = {"data": [{"id": "qwen3:8b"}]}
    port = int(server.url.split(":")[2].split("/")[0])
    found = (await picker_of(Config(servers=(port,))).client.post("/models/servers")).json()
    assert found[0]["models"][0] | {"tools": True} == found[0]["models"][0]
    assert found[0]["models"][0]["address"] == server.url
    for config in (Config(public=True, servers=(port,)), Config(space_id="owner/name", servers=(port,))):
        refused = await picker_of(config).client.post("/models/servers")
        assert (refused.status_code, refused.text[:29]) == (403, "Servers are only looked for w")
    assert len(server.asked) == 1


async def test_no_other_sites_page_has_it_look_or_test(picker_of, openai):
    picker = picker_of(HOME)
    for path in ("/models/servers", "/models/check"):
        response = await picker.client.post(path, headers={"origin": "https://evil.example"}, json={})
        assert response.status_code == 403
    assert openai.requests == []


async def test_a_model_that_answers_says_so_and_is_asked_for_little(picker_of, openai):
    checked = await picker_of(HOME).check(source="litellm", model="openai/gpt-x", key="sk-mine")
    assert checked["works"] and checked["text"].startswith("✓ gpt-x answers (")
    body = openai.requests[0].body
    assert keys_sent(openai) == ["sk-mine"] and body["max_tokens"] <= 16 and len(json.dumps(body["messages"])) < 100


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (
            Reply(status=401, error="no"),
            "The service refused the key for x. Check the key, and that it may use this model. "
            "You can type another one in the settings.",
        ),
        (
            Reply(status=404, error="unknown"),
            "The service does not know the model x. Check the model's name, and the address if you gave one. "
            "You can change both in the settings.",
        ),
        (
            Reply(),
            "x sent an empty reply. Try again, and check the address if you gave one. "
            "You can change the address in the settings.",
        ),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_do(picker_of, serve, reply: Reply, text: str):
    server = serve(lambda _: reply)
    checked = await picker_of(HOME).check(source="litellm", model="openai/x", address=server.url, key="sk-x")
    assert checked == {"works": False, "text": text}


async def test_a_reply_that_is_cut_off_while_the_model_thinks_is_one(picker_of, serve):
    server = serve(lambda _: Reply(finish="length"))
    assert (await picker_of(HOME).check(source="litellm", model="openai/x", address=server.url))["works"]


async def test_the_demo_answers_without_a_key(picker_of):
    checked = await picker_of(SPACE).check(source="auto")
    assert checked == {"works": True, "text": "✓ The demo answers its examples; it needs no key."}


async def test_without_a_key_it_says_what_is_missing(picker_of, openai):
    picker = picker_of(SPACE)
    assert (await picker.check(source="hub"))["text"] == "Sign in with Hugging Face or type a token in the settings."
    assert "Type a key for OpenAI" in (await picker.check(source="litellm", model="openai/x"))["text"]
    assert openai.requests == []


async def test_a_key_goes_only_where_it_was_typed_for(picker_of, openai, serve):
    elsewhere, picker = serve(lambda _: "Caught."), picker_of(HOME)
    assert (await picker.check(source="litellm", model="openai/x", key="sk-mine"))["works"]
    checked = await picker.check(source="litellm", model="openai/x", address=elsewhere.url, key="sk-mine")
    assert not checked["works"] and "was typed for another provider or address" in checked["text"]
    assert elsewhere.requests == []
    assert (await picker.check(source="litellm", model="openai/y"))["works"], "it is known in this chat"
    assert keys_sent(openai) == ["sk-mine", "sk-mine"]


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"\xff", b'{"source": 3}', b"[" * 100_000])
async def test_whatever_is_sent_is_answered(picker_of, body: bytes):
    response = await picker_of(HOME).client.post("/models/check", content=body)
    assert response.status_code == 400 or not response.json()["works"]


async def test_who_goes_away_ends_the_test(picker_of, serve):
    server, picker = serve(lambda _: Reply(fault="hang")), picker_of(HOME)
    sent = {"source": "litellm", "model": "openai/x", "address": server.url}
    scope = {"type": "http", "method": "POST", "path": "/models/check", "query_string": b"", "headers": []}
    messages = asyncio.Queue[dict[str, Any]]()
    messages.put_nowait({"type": "http.request", "body": json.dumps(sent).encode(), "more_body": False})

    async def send(_: Any) -> None:
        pass

    asked = asyncio.ensure_future(picker.app(scope, messages.get, send))
    assert await asyncio.to_thread(server.wait_for_requests)
    messages.put_nowait({"type": "http.disconnect"})
    await asked
    assert await asyncio.to_thread(server.wait_for_disconnects)
    again = [picker.client.post("/models/check", json={"source": "demo"}) for _ in range(2)]
    assert all(response.json()["works"] for response in await asyncio.gather(*again)), "its place is free again"


async def test_one_visitor_tests_few_models_at_a_time(picker_of, serve):
    server, picker = serve(lambda _: Reply(fault="hang")), picker_of(HOME)
    sent = {"source": "litellm", "model": "openai/x", "address": server.url}
    going = [asyncio.ensure_future(picker.check(**sent)) for _ in range(3)]
    assert await asyncio.to_thread(server.wait_for_requests, 3)
    assert (await picker.check(**sent))["text"] == "You are testing other models already. Wait for one of them."
    for task in going:
        task.cancel()
    await asyncio.wait(going)
