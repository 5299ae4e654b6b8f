"""The Hub's models, from a Hub on loopback."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.doubles.hub_server import HubServer, be_the_hub, hub_server, served
from tests.support import free_port
from ui.model_picker.hub_models import HubModels
from ui.model_picker.listed import ListedModel


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    with hub_server() as hub:
        be_the_hub(hub, monkeypatch)
        yield hub


async def test_what_is_served_now_comes_with_its_abilities_and_the_default_first(hub: HubServer):
    gone = served("owner/gone")
    gone["providers"][0]["status"] = "error"
    hub.models = [
        served("meta-llama/Llama-4-Maverick-17B-128E-Instruct", pictures=True, window=1_048_576),
        served("owner/plain", tools=False, window=None),
        served("Qwen/Qwen2.5-Coder-32B-Instruct", window=32_768),
        gone,
        served("owner/unserved") | {"providers": []},
    ]
    models, is_current = await HubModels().listing()
    assert is_current
    assert models == [
        ListedModel("hub", "Qwen/Qwen2.5-Coder-32B-Instruct", tools=True, context=32_768),
        ListedModel(
            "hub", "meta-llama/Llama-4-Maverick-17B-128E-Instruct", tools=True, pictures=True, context=1_048_576
        ),
        ListedModel("hub", "owner/plain"),
    ]


async def test_the_hub_is_asked_once_and_without_a_key(hub: HubServer):
    hub.models, models = [served("owner/name")], HubModels()
    listings = await asyncio.gather(*(models.listing() for _ in range(5)))
    assert {listing.models[0].model for listing in listings} == {"owner/name"}
    assert [(request.path, request.token) for request in hub.requests] == [("/v1/models", "")]
    assert "hf_owner" not in hub.requests[0].headers


@pytest.mark.parametrize(
    "models",
    [[], ["x", None, 3], [{"id": 3}], [{"id": "http://evil.example", "providers": [{"status": "live"}]}]],
)
async def test_where_the_hub_lists_nothing_that_can_be_used_there_are_well_known_models(hub: HubServer, models: list):
    hub.models = models
    listing = await HubModels().listing()
    assert not listing.is_current and listing.models[0].model == "Qwen/Qwen2.5-Coder-32B-Instruct"


async def test_offline_there_are_well_known_models(hub: HubServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{free_port()}")
    listing = await HubModels().listing()
    assert not listing.is_current and len(listing.models) > 5
    assert all(model.source == "hub" and model.tools for model in listing.models)


async def test_a_hub_that_answers_with_something_else_is_as_good_as_none(hub: HubServer):
    hub.faults["/v1/models"] = lambda handler: handler.send(b"<html>", content_type="text/html")
    assert not (await HubModels().listing()).is_current
