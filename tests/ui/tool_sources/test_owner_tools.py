"""The tools of the owner's MCP servers, with real servers on loopback."""

import asyncio
import logging

import pytest

from agent_core import ToolError
from agent_core.integrations.mcp.server import McpServer
from ui.tool_sources import owner_tools as module
from ui.tool_sources.owner_tools import OwnerTools


async def test_nobody_waits_twice_for_a_server_that_is_too_slow(silent, server, caplog):
    servers = {"slow": McpServer(silent), "double": McpServer(server.url)}
    owner = OwnerTools(servers, load_seconds=3.0, rest_seconds=0.0)
    with caplog.at_level(logging.WARNING, module.__name__):
        names = [tool.name for tool in await owner.tools()]
    assert "echo" in names
    assert caplog.messages == ["MCP server slow: slow did not answer in time, so its tools are left out."]
    async with asyncio.timeout(2):
        assert [tool.name for tool in await owner.tools()] == names
        await owner.aclose()


async def test_nobody_waits_for_a_server_of_the_owner_that_failed_before(server):
    server.stop()
    try:
        owner = OwnerTools({"double": McpServer(server.url)}, rest_seconds=0.0)
        assert await owner.tools() == []
        assert await owner.tools() == []
    finally:
        server.start()
    async with asyncio.timeout(10):
        while not await owner.tools():
            await asyncio.sleep(0.01)
    await owner.aclose()


async def test_an_owners_server_may_describe_its_tools_anew(server):
    owner, before = OwnerTools({"ours": McpServer(server.url)}), ""
    try:
        tools = {tool.name: tool for tool in await owner.tools()}
        before = tools["echo"].description
        server.stop()
        server.start()
        server.describe("echo", "Give the text back, in a new way.")
        with pytest.raises(ToolError):
            await tools["echo"].call({"text": "hi"})
        tools = {tool.name: tool for tool in await owner.tools()}
        assert tools["echo"].description == "Give the text back, in a new way."
        assert await tools["echo"].call({"text": "hi"}) == "hi"
    finally:
        server.describe("echo", before)
        await owner.aclose()
