"""The models of public providers, and of servers on this computer."""

from agent_core.models.providers import PROVIDERS, public_provider
from tests.support import free_port
from ui.model_picker.listed import ListedModel
from ui.model_picker.local_servers import find_local_servers, server_titles
from ui.model_picker.provider_models import provider_models


def test_every_listed_model_is_one_that_a_stranger_may_name():
    for provider in PROVIDERS:
        for model in provider_models(provider):
            assert public_provider(model.model) == provider
            assert model.source == "litellm" and not model.address


def test_well_known_models_have_their_abilities():
    models = {model.model: model for provider in PROVIDERS for model in provider_models(provider)}
    assert models["openai/gpt-4.1-mini"] == ListedModel(
        "litellm", "openai/gpt-4.1-mini", tools=True, pictures=True, context=1_047_576
    )
    assert any(name.startswith("anthropic/claude-") for name in models)
    assert any(name.startswith("cohere/") for name in models)


async def test_servers_of_this_computer_are_found_by_their_ports_without_a_key(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-owner")
    here, other, empty = serve([]), serve([]), serve([])
    here.said["/v1/models"] = {"data": [{"id": "qwen3:8b"}, {"id": "nomic-embed-text"}, {"id": 7}, "x"]}
    other.said["/v1/models"] = {"data": [{"id": "gemma-3-4b-it", "max_model_len": 8_192}]}
    ports = [int(server.url.split(":")[2].split("/")[0]) for server in (here, other, empty)]
    found = await find_local_servers([*ports, free_port()])
    assert [server.title for server in found] == [f"Port {ports[0]}", f"Port {ports[1]}"]
    assert [server.models for server in found] == [
        [ListedModel("litellm", "openai/qwen3:8b", here.url, tools=True)],
        [ListedModel("litellm", "openai/gemma-3-4b-it", other.url, pictures=True, context=8_192)],
    ]
    assert here.asked == [("/v1/models", None)]


def test_the_usual_ports_have_names():
    assert server_titles([11434, 8080, 4711]) == ["Ollama (11434)", "llama.cpp (8080)", "Port 4711"]
