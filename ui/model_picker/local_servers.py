"""Looks for servers of models on this computer: those whose usual ports answer. No key is sent."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from agent_core.models.server_client import NOT_ASKED, ServerClient, entries, part, size
from ui.model_picker.listed import ListedModel, is_for_chats, known_model
from ui.settings.model_sources import LITELLM
from ui.texts import words

USUAL_PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM", 1337: "Jan"}


class LocalServer(NamedTuple):
    """A server that answers.

    Attributes:
        title: Its name for people.
        models: What it serves.
    """

    title: str
    models: list[ListedModel]


async def find_local_servers(ports: Sequence[int]) -> list[LocalServer]:
    """Return the servers that list models at these ports of this computer."""
    found = await asyncio.gather(*map(_ask, ports))
    return [server for server in found if server]


def server_titles(ports: Sequence[int]) -> list[str]:
    """Return the names of what these ports are for, each with its port."""
    return [f"{_title(port)} ({port})" if port in USUAL_PORTS else _title(port) for port in ports]


async def _ask(port: int) -> LocalServer | None:
    address = f"http://127.0.0.1:{port}/v1"
    try:
        async with ServerClient(address) as server:
            listed = entries(await server.json("{url}/models"), "data")
    except NOT_ASKED:
        return None
    models = [
        known_model(LITELLM.name, f"openai/{name}", address, size(entry, "max_model_len"))
        for entry in listed
        if isinstance(name := part(entry, "id"), str) and is_for_chats(name)
    ]
    return LocalServer(_title(port), models) if models else None


def _title(port: int) -> str:
    return USUAL_PORTS.get(port, words("picker.port", port=str(port)))
