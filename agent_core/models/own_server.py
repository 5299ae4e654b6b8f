"""What a server at one's own address says of itself: its context window, and what its chat template can do."""

import time
from dataclasses import dataclass

import httpx

from agent_core.models.server_client import NOT_ASKED, ServerClient, entries, part, size
from agent_core.net.addresses import is_own_url

# Where servers list their models: the address, the list in the answer, and of an entry the name and the window.
_LISTS = (
    ("{url}/models", "data", "id", "max_model_len"),  # vLLM and others
    ("{root}/api/v0/models", "data", "id", "loaded_context_length"),  # LM Studio
    ("{root}/api/ps", "models", "name", "context_length"),  # Ollama, of what it has loaded
)
_KEPT_SECONDS = 300.0  # a server may be started anew without anyone having asked it meanwhile
_KEPT_SECONDS_WITHOUT_WINDOW = 30.0  # Ollama knows it as soon as the model is loaded, a busy server when it has time


@dataclass(frozen=True)
class ServerFacts:
    """What a server of one's own says of itself.

    Attributes:
        window: The context window in tokens that it was started with; None if it does not say.
        tools: Whether the model is told of the tools of a request; None if it does not say.
        tells_progress: Whether it can tell in its stream how much of a prompt it has read.
    """

    window: int | None = None
    tools: bool | None = None
    tells_progress: bool = False


_NOTHING_KNOWN = ServerFacts()
_MOST_KNOWN = 1_000
_facts: dict[tuple[str, str], tuple[float, ServerFacts]] = {}  # by address and model; with the time to ask again


async def server_facts(base_url: str | None, model: str) -> ServerFacts:
    """Return what a server of one's own says of itself. It is asked once in some minutes, and when it was started anew.

    Public services are never asked, and no key is sent.

    Args:
        base_url: The address that chat requests go to.
        model: The model's name at the server.
    """
    if not base_url or not is_own_url(base_url):
        return _NOTHING_KNOWN
    ask_again, facts = _facts.get((base_url, model), (0.0, _NOTHING_KNOWN))
    if time.monotonic() < ask_again:
        return facts
    kept = _KEPT_SECONDS_WITHOUT_WINDOW
    try:
        facts = await _ask(base_url, model)
        kept = _KEPT_SECONDS if facts.window else kept
    except httpx.TimeoutException:
        pass  # it is too busy to say; what it said before is still the best guess
    except NOT_ASKED:  # it may just be starting, perhaps with another window
        forget_facts(base_url)
        return _NOTHING_KNOWN
    if len(_facts) >= _MOST_KNOWN:
        _facts.clear()
    _facts[base_url, model] = time.monotonic() + kept, facts
    return facts


def forget_facts(base_url: str | None) -> None:
    """Forget what a server said of itself, because it went away and may come back as another."""
    for known in [known for known in _facts if known[0] == base_url]:
        del _facts[known]


async def _ask(base_url: str, model: str) -> ServerFacts:
    async with ServerClient(base_url) as server:
        props = await server.json("{root}/props")
        settings = part(props, "default_generation_settings")
        if isinstance(settings, dict):  # llama.cpp; versions that describe their template tell the progress, too
            abilities = part(props, "chat_template_caps")
            return ServerFacts(size(settings, "n_ctx"), part(abilities, "supports_tools"), isinstance(abilities, dict))
        for path, listed, name, key in _LISTS:
            answer = await server.json(path)
            if listed == "models" and isinstance(part(answer, listed), list):
                described = await server.json("{root}/api/show", {"model": model})
                return ServerFacts(_window(answer, listed, name, key, model), _takes_tools(described))
            if window := _window(answer, listed, name, key, model):
                return ServerFacts(window)
        return _NOTHING_KNOWN


def _window(answer: object, listed: str, name: str, key: str, model: str) -> int | None:
    named = (entry for entry in entries(answer, listed) if part(entry, name) in (model, f"{model}:latest"))
    return next((window for entry in named if (window := size(entry, key))), None)


def _takes_tools(described: object) -> bool | None:
    abilities = entries(described, "capabilities")
    return "tools" in abilities if abilities else None
