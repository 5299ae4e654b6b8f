"""What tools a location has now. For this it is connected with: a Space and an MCP server stay connected."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from agent_core import Tool
from agent_core.concurrency import run_in_own_thread
from agent_core.integrations.hub.loading import FoundTool, read_tool
from agent_core.integrations.mcp.server import McpServer
from agent_core.integrations.spaces.space import Space, find_space
from agent_core.net.transport import PublicTransport
from ui.tool_sources.locations import key_headers
from ui.tool_sources.tool_source import ToolSource, fingerprint_of


@dataclass(frozen=True)
class OfferedTool:
    """A tool as it is offered now.

    Attributes:
        own: its name where it is from.
        fingerprint: of all that is said of it there.
        tool: the tool itself, with that name where it can be one here.
    """

    own: str
    fingerprint: str
    tool: Tool


class ToolConnections:
    """The connections with Spaces and MCP servers, each made at the first need and held until `close`.

    Args:
        public: strangers use the app, and may not send it to its own network; see Config.
    """

    def __init__(self, *, public: bool) -> None:
        self._public = public
        self._open: dict[str, Space | McpServer] = {}
        self._keys: dict[str, str] = {}

    def changed(self, keys: Mapping[str, str]) -> set[str]:
        """Return those of these addresses that have had another key until now."""
        return {address for address, key in keys.items() if key != self._keys.get(address, "")}

    async def use_keys(self, keys: Mapping[str, str]) -> None:
        """From now on send these keys to MCP servers, by their addresses."""
        for address in self.changed(keys):
            self._keys[address] = keys[address]
            if server := self._open.pop(address, None):
                await server.close()

    async def offers(self, source: ToolSource) -> list[OfferedTool]:
        """Return the tools that a source has now.

        Raises:
            GlassboxError: it cannot be reached, or is no such source.
        """
        match source.kind:
            case "hub":
                return [code_offer(await run_in_own_thread(partial(read_tool, source.location, source.revision)))]
            case "space":
                return await self.space_offers(source.location)
            case "mcp":
                return await self.server_offers(source.location)

    async def space_offers(self, repository: str) -> list[OfferedTool]:
        """Return the endpoints of a Space that can be tools. Raises GlassboxError as `offers` does."""
        space = await self.space(repository)
        offers = await run_in_own_thread(space.offers)  # an app may describe a lot
        return [
            OfferedTool(endpoint.name, fingerprint_of(endpoint.fingerprint + tool.description), tool)
            for endpoint, tool in offers
        ]

    async def server_offers(self, address: str) -> list[OfferedTool]:
        """Return the tools of an MCP server. Raises GlassboxError as `offers` does."""
        tools = await self.server(address).tools()
        return [OfferedTool(tool.own_name, tool.fingerprint, tool) for tool in tools]

    async def space(self, repository: str) -> Space:
        """Return the Space, connected. Raises GlassboxError if it cannot be."""
        space = self._open.get(repository)
        if isinstance(space, Space):
            return space
        found = await find_space(repository)
        space = self._open.setdefault(repository, found)
        if space is not found:  # another question was quicker
            await found.close()
        assert isinstance(space, Space)
        return space

    def server(self, address: str) -> McpServer:
        """Return the MCP server, which connects at its first need. Raises GlassboxError if its key may not be sent."""
        server = self._open.get(address)
        if not isinstance(server, McpServer):
            headers = key_headers(address, self._keys.get(address, ""))
            # No stranger may send the app to its own network.
            transport = PublicTransport() if self._public else None
            server = self._open[address] = McpServer(address, headers=headers, transport=transport)
        return server

    async def close(self) -> None:
        """Let go of all of them."""
        held, self._open = list(self._open.values()), {}
        await asyncio.gather(*(connection.close() for connection in held), return_exceptions=True)


def code_offer(found: FoundTool) -> OfferedTool:
    """Return the tool of a repository of the Hub, whose fingerprint is that of its code."""
    return OfferedTool(found.code.name, fingerprint_of(found.code.source), found.tool())
