"""Whose keys are spent, and where keys go: through the page's handlers and `ask`, as a Space and at home.

What must not be reached is a service on loopback that would see the request, and the key in it.
"""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import pytest
from huggingface_hub import constants
from huggingface_hub.inference import _providers

from agent_core import LiteLLMModel, ModelError
from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.models.providers import PROVIDERS
from tests.doubles.openai_server import OpenAIServer
from tests.ui.support import request_of
from ui.api.ask_service import AskService
from ui.chats import Chats
from ui.config import Config
from ui.handlers import Handlers
from ui.loop_lag import LoopLag
from ui.pace import Pace
from ui.settings.form import show_fields, who_pays
from ui.settings.kept import restore
from ui.settings.model_choice import key_place, make_models
from ui.settings.model_sources import HUB, LITELLM, SettingsError, find_model_source
from ui.settings.settings import Settings
from ui.tool_sources.owner_tools import OwnerTools
from ui.watching import Watching

HOME, SPACE = Config(), Config(space_id="owner/name", space_host="owner-name.hf.space")
SHARING = Config(space_id="owner/name", share_keys=True)
SIGNED_IN = gr.OAuthToken("hf_oauth_canary", "inference-api", 2**31)


class Page:
    """One browser's side of the handlers."""

    def __init__(self, config: Config, chats: Chats) -> None:
        pace = Pace(LoopLag())
        self.handlers = Handlers(config, chats, OwnerTools({}), pace)
        self.watching = Watching(config, chats, pace)
        self.chat_id = ""

    async def ask(self, *, key: str = "", oauth: gr.OAuthToken | None = None, **settings: Any) -> str:
        """What stands on the page in the end: the answer, or why there is none."""
        box, values = {"text": "Hello?", "files": []}, restore(settings, HOME)
        try:
            ask = self.handlers.ask(box, self.chat_id, key, {}, oauth, "", request_of(), *values)
            self.chat_id, *_ = await ask
        except gr.Error as error:
            return error.message
        views = [view async for view in self.watching.watch(self.chat_id, request_of())]
        said = [message["content"] for message in views[-1][0]["value"]]
        return [text for text in said if 'class="copies"' not in text][-1]


@pytest.fixture
async def page_of(chats_with) -> Callable[[Config], Page]:
    """Opens the page of an app with these settings."""
    chats = await chats_with(chats=1_000)
    return lambda config: Page(config, chats)


@pytest.fixture
def canary(serve) -> OpenAIServer:
    """Somebody's server in the app's network."""
    return serve(lambda _: "Caught.")


@pytest.fixture
def hub(serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """The Hub's router, and a Hub that can be reached; the owner is logged in."""
    server = serve(lambda _: "From the Hub.")
    monkeypatch.setattr(_providers.CONVERSATIONAL_AUTO_ROUTER, "base_url", server.url.removesuffix("/v1"))
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    with socket.create_server(("127.0.0.1", 0)) as there:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{there.getsockname()[1]}")
        yield server


@pytest.fixture
def openai(serve, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    """Stands for OpenAI's service; the owner has a key for it, and for all others."""
    server = serve(lambda _: "From OpenAI.")
    for provider in PROVIDERS:
        monkeypatch.setenv(provider.variable, "sk-owner")
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    return server


def keys_sent(server: OpenAIServer) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


@pytest.mark.parametrize("config", [HOME, SPACE, SHARING], ids=["home", "space", "sharing"])
@pytest.mark.parametrize("role", ["model", "fallback"])
@pytest.mark.parametrize(("key", "oauth"), [("", None), ("hf_typed_canary", None), ("", SIGNED_IN)])
async def test_a_hub_models_name_that_is_an_address_reaches_nothing(page_of, hub, canary, config, role, key, oauth):
    name = canary.url.replace("/v1", "/x/v1")
    said = await page_of(config).ask(key=key, oauth=oauth, source="hub", **{"model": DEFAULT_HUB_MODEL, role: name})
    assert "is not the name of a Hub model" in said or "type a token in the settings" in said
    assert not canary.requests and not hub.requests


@pytest.mark.parametrize("role", ["model", "fallback"])
@pytest.mark.parametrize("key", ["", "sk-typed-canary"])
@pytest.mark.parametrize("config", [SPACE, SHARING], ids=["space", "sharing"])
@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("oobabooga/{url}", ""),
        ("huggingface/{url}", ""),
        ("custom_openai/x", "OPENAI_API_BASE"),
        ("ollama_chat/x", "OLLAMA_API_BASE"),
        ("ollama/x", "OLLAMA_API_BASE"),
        ("llamafile/x", "LLAMAFILE_API_BASE"),
        ("lm_studio/x", "LM_STUDIO_API_BASE"),
        ("hosted_vllm/x", "HOSTED_VLLM_API_BASE"),
        ("litellm_proxy/x", "LITELLM_PROXY_API_BASE"),
        ("openai/{url}", "OPENAI_API_BASE"),
        ("gpt-4.1-mini", "OPENAI_API_BASE"),
    ],
)
async def test_on_a_space_only_public_providers_are_asked(
    page_of, canary, monkeypatch, role, key, config, name, variable
):
    if variable:
        monkeypatch.setenv(variable, canary.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-owner-canary")
    first = {"model": "openai/x", "fallback": ""} | {role: name.format(url=canary.url.removesuffix("/v1"))}
    said = await page_of(config).ask(key=key, source="litellm", address=canary.url, **first)
    if role == "model" or key or config is SHARING:
        assert "one of these providers" in said or "from the same provider" in said
    else:
        assert said.startswith("Type a key for OpenAI in the settings")
    assert not canary.requests


async def test_at_home_any_name_goes(page_of, canary, monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", canary.url)
    assert await page_of(HOME).ask(source="litellm", model="hosted_vllm/x") == "Caught."


async def test_who_brings_no_key_to_a_space_spends_nobodys(page_of, hub, openai):
    page = page_of(SPACE)
    assert await page.ask(source="hub") == "Sign in with Hugging Face or type a token in the settings."
    said = await page.ask(source="litellm", model="openai/x")
    assert said == "Type a key for OpenAI in the settings: everybody here pays with their own."
    said = await page.ask(source="litellm", model="openai/x", key="sk-mine", fallback="mistral/x")
    assert said == "The fallback model must be from the same provider, because your key is only for that one."
    label, _, name = await page.handlers.label("", "", "auto", "", None, request_of())
    assert label["visible"] and name == "Demo", "it is the demo that answers"
    assert not hub.requests and not openai.requests


async def test_who_brings_a_key_to_a_space_spends_that_one(page_of, hub, openai):
    page = page_of(SPACE)
    assert await page.ask(source="hub", key="hf_mine") == "From the Hub."
    assert await page.ask(source="auto", oauth=SIGNED_IN) == "From the Hub."
    assert await page.ask(source="litellm", model="openai/x", key="sk-mine", fallback="openai/y") == "From OpenAI."
    assert (keys_sent(hub), keys_sent(openai)) == (["hf_mine", "hf_oauth_canary"], ["sk-mine"])


@pytest.mark.parametrize("config", [HOME, SHARING], ids=["home", "sharing"])
async def test_where_the_owner_shares_keys_they_serve_who_brings_none(page_of, hub, openai, config):
    page = page_of(config)
    assert await page.ask(source="hub") == "From the Hub."
    assert await page.ask(source="auto") == "From the Hub."
    assert await page.ask(source="litellm", model="openai/x") == "From OpenAI."
    assert (keys_sent(hub), keys_sent(openai)) == (["hf_owner"] * 2, ["sk-owner"])


@pytest.mark.parametrize(("config", "keys"), [(SPACE, []), (SHARING, ["hf_owner"])], ids=["space", "sharing"])
async def test_programs_spend_the_owners_only_where_it_is_shared(hub, config, keys):
    async def tell(_: str) -> None: ...

    question = "What is the cube root of 27?"
    answer = await AskService(config, OwnerTools({})).answer(question, "", tell, set(), "somebody")
    assert ("demo" in answer.lower()) == (not keys)
    assert keys_sent(hub) == keys
    assert (
        await AskService(config, OwnerTools({})).answer(question, "hf_callers", tell, set(), "somebody")
        == "From the Hub."
    )
    assert keys_sent(hub) == [*keys, "hf_callers"]


@pytest.mark.parametrize("name", ["bedrock/x", "vertex_ai/x", "azure/x", "ollama_chat/x"])
def test_no_login_of_the_machine_is_found_for_those_who_are_to_pay_themselves(name):
    """At home as well, where the owner says so, and with an address, to which litellm would take such a login."""
    settings = Settings(source="litellm", model=name, address="http://127.0.0.1:9")
    with pytest.raises(SettingsError, match="one of these providers"):
        make_models(settings, LITELLM, "typed", Config(share_keys=False))


async def test_a_key_that_still_stands_in_its_field_goes_to_no_other_provider_or_address(page_of, openai, canary):
    page = page_of(HOME)
    assert await page.ask(source="litellm", model="openai/x", key="sk-mine") == "From OpenAI."
    for other in ({"model": "mistral/x"}, {"model": "openai/x", "address": canary.url}):
        said = await page.ask(source="litellm", key="sk-mine", **other)
        assert said.startswith("The key in the settings was typed for another provider or address.")
    assert not canary.requests
    assert await page.ask(source="litellm", model="openai/y", key="sk-mine") == "From OpenAI."
    page.chat_id = ""
    assert await page.ask(source="litellm", model="openai/x", key="sk-mine", address=canary.url) == "Caught."


def test_a_key_for_a_model_with_an_address_in_its_name_is_for_no_other():
    settings = Settings(source="litellm", model="oobabooga/http://127.0.0.1:8", fallback="oobabooga/http://127.0.0.1:9")
    first, spare = make_models(settings, LITELLM, "typed", HOME)
    assert isinstance(first, LiteLLMModel) and isinstance(spare, LiteLLMModel)
    assert (first._api_key, spare._api_key) == ("typed", None)
    scopes = [key_place(Settings(source="litellm", model=name), HOME).scope for name in (" openai/x ", "openai/y")]
    assert scopes == ["openai", "openai"]
    assert key_place(settings, HOME).scope == settings.model


def test_the_page_says_who_pays(monkeypatch):
    def payer(name: str, config: Config) -> str:
        return who_pays(find_model_source(name), config)

    sign_in = "You use your own credits: sign in or type a key."
    owner = "Without a key of your own, the owner of this page pays."
    assert [payer(source, SPACE) for source in ("auto", "hub", "demo")] == [sign_in, sign_in, ""]
    assert payer("litellm", SPACE) == "You use your own credits: type a key."
    assert payer("hub", Config(share_keys=False)) == "You use your own credits: type a key."
    assert payer("hub", SHARING) == payer("litellm", SHARING) == "", "there is no key to spend"
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    assert [payer(source, SHARING) for source in ("auto", "hub", "litellm")] == [owner, owner, ""]
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    assert payer("litellm", SHARING) == owner
    assert payer("hub", HOME) == payer("litellm", HOME) == ""
    assert owner in str(show_fields("hub", "code", config=SHARING))


def test_an_error_of_the_core_is_told_as_it_stands():
    with pytest.raises(ModelError, match="'http://x/y' is not the name of a Hub model"):
        make_models(Settings(source="hub", model="http://x/y"), HUB, "hf_x", HOME)


async def test_a_key_that_is_typed_again_is_for_what_is_named_now(page_of, serve):
    first, second = serve(["One."]), serve(["Two."])
    page, named = page_of(HOME), {"source": "litellm", "model": "openai/x"}
    assert await page.ask(key="sk-typed", address=first.url, **named) == "One."
    assert "was typed for another provider or address" in await page.ask(key="sk-typed", address=second.url, **named)
    assert second.requests == []
    await page.handlers.key_typed(page.chat_id, "sk-typed", request_of())
    assert await page.ask(key="sk-typed", address=second.url, **named) == "Two."
