"""Reads the location of tools that a person types: a repository of Hugging Face, or the address of an MCP server."""

import re

from agent_core import GlassboxError
from agent_core.net.hub_names import REPOSITORY
from agent_core.net.urls import bare_host, is_loopback, parse_url
from ui.texts import words

_PAGE = re.compile(rf"(?:(?:https://)?(?:huggingface\.co|hf\.co)/(?:spaces/)?)?({REPOSITORY.pattern})/?")


def read_location(text: str) -> str:
    """Return a typed location in the form to keep: "owner/name" for a repository or the address of its page."""
    location = text.strip()
    repository = _PAGE.fullmatch(location)
    return repository[1] if repository else location


def is_address(location: str) -> bool:
    """Return whether a location is meant as the address of a server, and not as a repository."""
    return "://" in location


def word_for(location: str) -> str:
    """Return one word for a location: the name of a repository or a server; "server" for one that is only a number."""
    if not is_address(location):
        return location.rpartition("/")[2]
    word = bare_host(parse_url(location)).partition(".")[0]
    return word if any(map(str.isalpha, word)) else "server"


def key_headers(address: str, key: str) -> dict[str, str]:
    """Return the headers that send a key to a server; none for the key "".

    Args:
        address: The server's address.
        key: The key.

    Raises:
        GlassboxError: The connection is not encrypted, so that others could read the key.
    """
    if not key:
        return {}
    if parse_url(address).scheme != "https" and not is_loopback(address):
        raise GlassboxError(words("tools.https_only"))
    return {"Authorization": f"Bearer {key}"}
