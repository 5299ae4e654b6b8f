"""What a server at one's own address does while it has not begun to answer, as far as it says."""

from typing import Any

import httpx

from agent_core.events import ServerState
from agent_core.models.own_server import ServerFacts
from agent_core.models.server_client import NOT_ASKED, ServerClient, entries, part
from agent_core.net.addresses import is_own_url

_WAITING = ("vllm:num_requests_waiting", "llamacpp:requests_deferred")
_RUNNING = ("vllm:num_requests_running", "llamacpp:requests_processing")


async def server_state(base_url: str | None, model: str, facts: ServerFacts) -> ServerState:
    """Return what a server of one's own does that was sent a request some time ago; "" if it is none, or is not there.

    Args:
        base_url: The address that chat requests go to.
        model: The model's name at the server.
        facts: What the server said of itself. If it tells its progress and has not, it does not read this request.
    """
    if not base_url or not is_own_url(base_url):
        return ""
    try:
        async with ServerClient(base_url) as server:
            return await _slots(server, facts) or await _metrics(server) or await _loads(server, model) or "alive"
    except httpx.HTTPStatusError:
        return "loading"
    except httpx.TimeoutException:  # llama.cpp says nothing while it works on a piece of a prompt
        return "busy" if facts.tells_progress else ""
    except NOT_ASKED:
        return ""


async def _slots(server: ServerClient, facts: ServerFacts) -> ServerState:
    """Look at what llama.cpp's slots do. A slot that writes is another's: of this reply nothing has come yet."""
    slots = await server.json("{root}/slots")
    working = [slot for slot in slots if part(slot, "is_processing")] if isinstance(slots, list) else []
    if not facts.tells_progress and any(not _written(slot) for slot in working):
        return "reading"
    return "busy" if working and len(working) == len(slots) else ""


def _written(slot: Any) -> int:
    """Return how many tokens a slot has written. The place has changed: it was an object, and is a list of them."""
    last = part(slot, "next_token")
    last = last[0] if isinstance(last, list) and last else last
    return part(last, "n_decoded") or 0


async def _metrics(server: ServerClient) -> ServerState:
    """Look at the counters of vLLM, or of llama.cpp if its slots are not shown."""
    counters = await server.text("{root}/metrics")
    if _sum(counters, _WAITING):
        return "busy"
    return "reading" if _sum(counters, _RUNNING) else ""


def _sum(counters: str, names: tuple[str, ...]) -> float:
    lines = [line.split() for line in counters.splitlines() if line.startswith(names)]
    return sum(float(words[-1]) for words in lines if words[-1].replace(".", "", 1).isdecimal())


async def _loads(server: ServerClient, model: str) -> ServerState:
    """Look whether the model is loaded: at llama.cpp with several models, LM Studio, or Ollama."""
    names = (model, f"{model}:latest")
    for path in ("{url}/models", "{root}/api/v0/models"):
        for entry in entries(await server.json(path), "data"):
            state = part(entry, "state") or part(part(entry, "status"), "value")
            if part(entry, "id") in names and state in ("loading", "not-loaded", "unloaded"):
                return "loading"
    loaded = part(await server.json("{root}/api/ps"), "models")
    return "loading" if isinstance(loaded, list) and all(part(entry, "name") not in names for entry in loaded) else ""
