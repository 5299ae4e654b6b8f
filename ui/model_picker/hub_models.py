"""The models that the Hub's inference providers serve now."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from huggingface_hub import constants

from agent_core.models.hub import DEFAULT_HUB_MODEL, is_hub_model
from agent_core.net.bounded_body import IDENTITY, read_bounded
from agent_core.net.certificates import certificates
from ui.model_picker.listed import ListedModel, is_for_chats, known_model
from ui.settings.model_sources import HUB

_HUB, _ROUTER = "https://huggingface.co", "https://router.huggingface.co"
_SECONDS = 6.0
_MOST_BYTES = 8_000_000
_KEPT_SECONDS, _KEPT_SECONDS_AFTER_FAILURE = 3_600.0, 60.0
_KNOWN = (Path(__file__).parent / "known_models.txt").read_text(encoding="utf-8").split()


class HubListing(NamedTuple):
    """A list of the Hub's models.

    Attributes:
        models: The models, the page's default first, the others in the Hub's order.
        is_current: Whether the Hub has said so; else it could not be asked, and these are well-known ones.
    """

    models: list[ListedModel]
    is_current: bool


class HubModels:
    """Lists the Hub's models for all visitors. The Hub is asked once an hour, without any key."""

    def __init__(self) -> None:
        self._listing = HubListing([], False)
        self._ask_again = 0.0
        self._lock = asyncio.Lock()

    async def listing(self) -> HubListing:
        """Return the models that are served now, or well-known ones if the Hub cannot be asked."""
        async with self._lock:
            if time.monotonic() >= self._ask_again:
                self._listing = await _ask_hub()
                kept = _KEPT_SECONDS if self._listing.is_current else _KEPT_SECONDS_AFTER_FAILURE
                self._ask_again = time.monotonic() + kept
            return self._listing


async def _ask_hub() -> HubListing:
    try:
        models = _read(await _fetch())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError, RecursionError):
        models = []
    if not models:
        return HubListing([known_model(HUB.name, name) for name in _KNOWN], False)
    return HubListing(sorted(models, key=lambda model: model.model != DEFAULT_HUB_MODEL), True)


async def _fetch() -> Any:
    # The router has a host of its own; a Hub that is not the public one answers at its one address.
    root = _ROUTER if constants.ENDPOINT == _HUB else constants.ENDPOINT
    async with (
        asyncio.timeout(_SECONDS),
        httpx.AsyncClient(verify=certificates(), headers=IDENTITY, timeout=_SECONDS) as client,
        client.stream("GET", f"{root}/v1/models") as response,
    ):
        response.raise_for_status()
        return json.loads(await read_bounded(response, _MOST_BYTES))


def _read(answer: Any) -> list[ListedModel]:
    listed = answer.get("data") if isinstance(answer, dict) else None
    return [model for entry in listed or [] if isinstance(entry, dict) and (model := _model(entry))]


def _model(entry: dict[str, Any]) -> ListedModel | None:
    """Return the model of an entry; None if nobody serves it now, or it is none to talk with."""
    name, providers = entry.get("id"), entry.get("providers")
    serving = [p for p in providers if isinstance(p, dict) and p.get("status", "live") == "live"] if providers else []
    if not (isinstance(name, str) and is_hub_model(name) and is_for_chats(name) and serving):
        return None
    sizes = [size for provider in serving if isinstance(size := provider.get("context_length"), int)]
    takes = (entry.get("architecture") or {}).get("input_modalities") or []
    return ListedModel(
        HUB.name,
        name,
        tools=any(provider.get("supports_tools") for provider in serving),
        pictures="image" in takes,
        context=max(sizes, default=None),
    )
