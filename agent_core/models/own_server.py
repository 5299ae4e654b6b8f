"""Asks a server at one's own address for the size of its context window, once."""

from typing import Any

import httpx

from agent_core.net.addresses import is_own_url

_SECONDS = 2.0
# Where servers list their models: the address, the list in the answer, and of an entry the name and the window.
_LISTS = (
    ("{url}/models", "data", "id", "max_model_len"),  # vLLM and others
    ("{root}/api/v0/models", "data", "id", "loaded_context_length"),  # LM Studio
    ("{root}/api/ps", "models", "name", "context_length"),  # Ollama, of what it has loaded
)
_windows: dict[tuple[str, str], int | None] = {}  # by address and model


async def served_window(base_url: str | None, model: str) -> int | None:
    """Return the context window in tokens that a server of one's own was started with; None if it does not say.

    Public services are never asked, and no key is sent.

    Args:
        base_url: The address that chat requests go to.
        model: The model's name at the server.
    """
    if not base_url or not is_own_url(base_url):
        return None
    if (base_url, model) not in _windows:
        try:
            _windows[base_url, model] = await _ask(base_url.rstrip("/"), model)
        except httpx.TransportError:  # it may just be starting
            return None
    return _windows[base_url, model]


async def _ask(base_url: str, model: str) -> int | None:
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        root = base_url.removesuffix("/v1")
        props = await _json(client, f"{root}/props")  # llama.cpp
        if size := _size(_part(props, "default_generation_settings"), "n_ctx"):
            return size
        for path, entries, name, key in _LISTS:
            listed = _part(await _json(client, path.format(url=base_url, root=root)), entries)
            sizes = (_size(entry, key) for entry in _listed(listed) if _part(entry, name) in (model, f"{model}:latest"))
            if size := next(sizes, None):
                return size
        return None


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    response = await client.get(url)
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise httpx.ReadError("It is loading its model.")
    try:
        return response.json() if response.is_success else None
    except ValueError:
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _part(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _size(value: Any, key: str) -> int | None:
    size = _part(value, key)
    return size if isinstance(size, int) and size > 0 else None
