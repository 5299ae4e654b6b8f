"""The real servers on loopback that tools come from."""

import socket

import pytest

from tests.doubles.hub_server import be_the_hub, hub_server
from tests.doubles.mcp_server import McpDouble


@pytest.fixture(scope="module")
def double():
    with McpDouble() as double:
        yield double


@pytest.fixture
def server(double):
    double.reset()
    return double


@pytest.fixture
def hub(monkeypatch):
    with hub_server() as hub:
        be_the_hub(hub, monkeypatch)
        yield hub


@pytest.fixture
def silent():
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
