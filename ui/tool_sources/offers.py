"""The tools that a source has now. Connections with Spaces and MCP servers stay open."""

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
    """A tool that a source has now.

    Attributes:
        own: The source's name for it.
        fingerprint: A hash of everything that the source says about it.
        tool: The tool, with the same name if that is a valid one.
    """

    own: str
    fingerprint: str
    tool: Tool


class ToolConnections:
    """The connections with Spaces and MCP servers, each made when it is first needed and open until `close`.

    Args:
        public: Whether strangers use the app, who may not send it to addresses of its own network; see Config.
    """

    def __init__(self, *, public: bool) -> None:
        self._public = public
        self._open: dict[str, Space | McpServer] = {}
        self._keys: dict[str, str] = {}

    def changed(self, keys: Mapping[str, str]) -> set[str]:
        """Return the addresses whose key is another one than until now."""
        return {address for address, key in keys.items() if key != self._keys.get(address, "")}

    async def use_keys(self, keys: Mapping[str, str]) -> None:
        """Send these keys to MCP servers from now on.

        Args:
            keys: The keys, by the servers' addresses.
        """
        for address in self.changed(keys):
            self._keys[address] = keys[address]
            if server := self._open.pop(address, None):
                await server.close()

    async def offers(self, source: ToolSource) -> list[OfferedTool]:
        """Return the tools that a source has now.

        Raises:
            GlassboxError: The source cannot be reached, or is of another kind.
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
        """Return the connected Space. Raises GlassboxError if it cannot be reached."""
        space = self._open.get(repository)
        if isinstance(space, Space):
            return space
        found = await find_space(repository)
        space = self._open.setdefault(repository, found)
        if space is not found:  # another question connected first
            await found.close()
        assert isinstance(space, Space)
        return space

    def server(self, address: str) -> McpServer:
        """Return the MCP server, which connects on first use. Raises GlassboxError if its key may not be sent."""
        server = self._open.get(address)
        if not isinstance(server, McpServer):
            headers = key_headers(address, self._keys.get(address, ""))
            # No stranger may send the app to its own network.
            transport = PublicTransport() if self._public else None
            server = self._open[address] = McpServer(address, headers=headers, transport=transport)
        return server

    async def close(self) -> None:
        """Close all connections."""
        held, self._open = list(self._open.values()), {}
        await asyncio.gather(*(connection.close() for connection in held), return_exceptions=True)


def code_offer(found: FoundTool) -> OfferedTool:
    """Return the tool of a repository of the Hub. Its fingerprint is a hash of its code."""
    return OfferedTool(found.code.name, fingerprint_of(found.code.source), found.tool())
