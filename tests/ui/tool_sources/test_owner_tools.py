"""The tools of the owner's MCP servers, with real servers on loopback."""

import asyncio
import logging
import socket

import pytest

from agent_core.integrations.mcp.server import McpServer
from ui.tool_sources import owner_tools as module
from ui.tool_sources.owner_tools import OwnerTools


@pytest.fixture
def silent():
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


async def test_nobody_waits_twice_for_a_server_that_is_too_slow(silent, server, monkeypatch, caplog):
    monkeypatch.setattr(module, "_LOAD_SECONDS", 3.0)
    monkeypatch.setattr(module, "_REST_SECONDS", 0.0)
    owner = OwnerTools({"slow": McpServer(silent), "double": McpServer(server.url)})
    with caplog.at_level(logging.WARNING, module.__name__):
        names = [tool.name for tool in await owner.tools()]
    assert "echo" in names
    assert caplog.messages == ["The tools of slow are not there: it is too slow."]
    monkeypatch.setattr(module, "_LOAD_SECONDS", 60.0)
    async with asyncio.timeout(10):
        assert [tool.name for tool in await owner.tools()] == names
        await owner.aclose()
