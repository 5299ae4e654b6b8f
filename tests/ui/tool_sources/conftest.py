"""The real servers on loopback that tools come from."""

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
