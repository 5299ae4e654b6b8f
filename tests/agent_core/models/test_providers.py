"""The providers that strangers may name: where a request to each goes, and with which key, in the installed litellm."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent_core.errors import ModelError
from agent_core.models import error_mapping
from agent_core.models.base import Message
from agent_core.models.litellm import LiteLLMModel, load_litellm
from agent_core.models.providers import ONLY_THESE, PROVIDERS, Provider, public_provider
from tests.doubles.canary_proxy import CanaryProxy
from tests.doubles.certificates import Authority

QUESTION: list[Message] = [{"role": "user", "content": "See https://example.org/a.png and http://127.0.0.1:1/b.png"}]
TYPED, OWNERS = "typed-by-the-visitor", "canary-of-the-owner"
HOSTS = {
    "openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
    "mistral": "api.mistral.ai",
    "deepseek": "api.deepseek.com",
    "xai": "api.x.ai",
    "groq": "api.groq.com",
    "cerebras": "api.cerebras.ai",
    "cohere": "api.cohere.com",
    "perplexity": "api.perplexity.ai",
    "moonshot": "api.moonshot.ai",
    "zai": "api.z.ai",
    "openrouter": "openrouter.ai",
    "together_ai": "api.together.ai",
    "fireworks_ai": "api.fireworks.ai",
    "deepinfra": "api.deepinfra.com",
    "sambanova": "api.sambanova.ai",
    "nebius": "api.studio.nebius.ai",
    "novita": "api.novita.ai",
    "nvidia_nim": "integrate.api.nvidia.com",
}
NAMES = ("some-model", "ollama/some-model", "vertex_ai/a:free", "127.0.0.1:1/x")
each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.prefix)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def world(authority: Authority) -> Iterator[CanaryProxy]:
    """One for all tests: litellm remembers its proxy, and whose certificates it believes."""
    with CanaryProxy(authority.server_context(*HOSTS.values())) as proxy:
        yield proxy


@pytest.fixture
def proxy(world: CanaryProxy, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> CanaryProxy:
    """All the world, as litellm's clients see it."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, world.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    world.sent.clear()
    world.places.clear()
    return world


@pytest.fixture(scope="module")
def variables() -> set[str]:
    """Every variable of the environment that litellm could take a key from."""
    folder = Path(str(load_litellm().__file__)).parent
    code = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py") if "proxy" not in file.parts)
    return set(re.findall(r"""["']([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD))["']""", code))


@pytest.fixture
def owners_keys(variables: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of an owner who has a key for everything."""
    assert {provider.variable for provider in PROVIDERS} < variables
    for name in variables:
        monkeypatch.setenv(name, OWNERS)


async def ask(model: LiteLLMModel) -> str:
    """How a request fails, as all do here."""
    with pytest.raises(ModelError) as caught:
        async for _ in model.stream(QUESTION, max_tokens=9):
            pass
    return str(caught.value)


@each_provider
async def test_a_request_goes_to_the_providers_own_host_with_the_typed_key_and_no_other(
    provider: Provider, proxy: CanaryProxy, owners_keys: None
):
    names = [f"{provider.prefix}/{name}" for name in NAMES]
    for name in names:
        assert public_provider(name) == provider
        await ask(LiteLLMModel(name, api_key=TYPED, find_key=False))
    assert proxy.places == {f"{HOSTS[provider.prefix]}:443"}
    assert len(proxy.sent) == len(names)
    for sent in proxy.sent:
        everything = f"{sent.path} {sent.headers} {sent.body!r}"
        assert TYPED in everything and OWNERS not in everything


def words_of_litellm() -> set[str]:
    """What litellm looks for anywhere in a name, to choose where to send the request, and models it knows by name."""
    litellm = load_litellm()
    code = Path(str(litellm.__file__)).with_name("main.py").read_text(encoding="utf-8")
    words = set(re.findall(r""""([^"]+)" in model\b""", code))
    lists = re.findall(r"\bmodel in litellm\.(\w+)", code)
    assert {"replicate", "ft:babbage-002"} <= words and "petals_models" in lists
    return words | {name for each in lists for name in sorted(getattr(litellm, each))[:3]}


@each_provider
async def test_no_word_in_a_name_sends_the_key_to_another_provider(provider: Provider, proxy: CanaryProxy):
    names = [f"{provider.prefix}/{word}" for word in words_of_litellm()]
    for name in filter(public_provider, names):
        await ask(LiteLLMModel(name, api_key=TYPED, find_key=False))
    assert proxy.places == {f"{HOSTS[provider.prefix]}:443"}


async def test_a_model_that_this_installation_cannot_ask_is_a_sentence_without_paths(proxy: CanaryProxy):
    """litellm has parts that need other versions of packages than are here."""
    said = await ask(LiteLLMModel("openai/responses/some-model", api_key=TYPED, find_key=False))
    assert "/" not in said.replace("openai/responses/some-model", "")


@each_provider
def test_the_known_models_of_a_provider_are_its_own(provider: Provider):
    litellm = load_litellm()
    known = [name for name in litellm.models_by_provider.get(provider.prefix, ()) if name.startswith(provider.prefix)]
    for name in known:
        if "/" in name and public_provider(name):
            _, resolved, _, address = litellm.get_llm_provider(name)
            assert resolved in (provider.prefix, f"{provider.prefix}_chat"), name
            assert not address or httpx.URL(address).host == HOSTS[provider.prefix], name


@each_provider
async def test_the_owners_key_serves_only_where_it_may_be_looked_for(
    provider: Provider, proxy: CanaryProxy, monkeypatch: pytest.MonkeyPatch
):
    name = f"{provider.prefix}/some-model"
    monkeypatch.setenv(provider.variable, OWNERS)
    assert await ask(LiteLLMModel(name, find_key=False)) == error_mapping.NO_KEY.sentence.format(model=name)
    assert not proxy.places
    said = await ask(LiteLLMModel(name))
    assert OWNERS in str(proxy.sent), said


@each_provider
async def test_an_own_address_gets_no_key_of_the_owners(provider: Provider, proxy: CanaryProxy, owners_keys: None):
    await ask(LiteLLMModel(f"{provider.prefix}/some-model", api_base=f"{proxy.url}/v1", find_key=False))
    # As a proxy it is given whole addresses, as the address itself only paths.
    assert proxy.sent and all(place.startswith((proxy.url, "/")) for place in proxy.places)
    assert OWNERS not in str(proxy.sent)


@pytest.mark.parametrize(
    "name",
    [
        "oobabooga/http://127.0.0.1:9/v1",
        "ollama/x",
        "ollama_chat/x",
        "llamafile/x",
        "lm_studio/x",
        "hosted_vllm/x",
        "vllm/x",
        "custom_openai/x",
        "openai_like/x",
        "litellm_proxy/x",
        "petals/x",
        "infinity/x",
        "triton/x",
        "xinference/x",
        "lemonade/x",
        "docker_model_runner/x",
        "text-completion-openai/x",
        "azure/x",
        "azure_ai/x",
        "bedrock/x",
        "sagemaker/x",
        "vertex_ai/x",
        "huggingface/x",
        "huggingface/http://127.0.0.1:9/x",
        "replicate/x/y",
        "predibase/x",
        "watsonx/x",
        "databricks/x",
        "snowflake/x",
        "cloudflare/x",
        "gradient_ai/x",
        "ai21/x",
        "gpt-4.1-mini",
        "claude-sonnet-4-5",
        "OpenAI/x",
        "openai",
        "openai/",
        "/x",
        "openai//x",
        "openai/http://127.0.0.1:9/v1",
        "openai/http:/127.0.0.1:9/v1",
        "openai/../../x",
        "gemini/../x",
        "gemini/a..b",
        "gemini/x?key=y",
        "gemini/x#y",
        "gemini/x@127.0.0.1",
        "gemini/x\\y",
        "gemini/%2e%2e/x",
        "gemini/x y",
        "gemini/x\n",
        " gemini/x",
        "gemini/x\x00",
        "gemini/ⅹ",
        "openai/" + "x" * 200,
        "anthropic/replicate/x",
        "gemini/x-replicate",
        "cohere/ft:babbage-002",
        "",
    ],
)
def test_what_is_no_name_at_a_public_provider_needs_the_machines_own_keys(name: str):
    assert public_provider(name) is None
    with pytest.raises(ModelError) as caught:
        LiteLLMModel(name, api_key=TYPED, find_key=False)
    assert str(caught.value) == ONLY_THESE


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-4.1-mini",
        "openai/ft:gpt-4o-mini:org::id",
        "openai/ft:gpt-3.5-turbo:org::id",
        "anthropic/claude-sonnet-4-5",
        "openrouter/meta-llama/llama-3.3-70b-instruct:free",
        "together_ai/Qwen/Qwen2.5-Coder-32B-Instruct",
        "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct",
        "groq/llama-3.3-70b-versatile",
    ],
)
def test_the_names_that_people_use_are_taken(name: str):
    provider = public_provider(name)
    assert provider and provider.prefix == name.partition("/")[0]


def test_each_provider_has_its_host_here():
    assert {provider.prefix for provider in PROVIDERS} == HOSTS.keys()
    assert not any(os.environ.get(provider.variable) for provider in PROVIDERS)
