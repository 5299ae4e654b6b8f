"""The tools of the MCP servers that the app's owner has configured, for all chats."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from agent_core import GlassboxError, Tool
from agent_core.integrations.mcp.server import McpServer, McpTool
from agent_core.tools.names import tool_name
from ui.tool_sources.shipped_tools import TOOLS
from ui.tool_sources.tool_loader import REST_SECONDS, ToolLoader

LOAD_SECONDS = 20.0

logger = logging.getLogger(__name__)


class OwnerTools:
    """The tools of the owner's servers. All chats share the connections.

    Args:
        servers: The servers, by their names in mcp.json.
        load_seconds: How long a question waits for the tools of one server.
        rest_seconds: How long not to ask a server again after it failed.
    """

    def __init__(
        self,
        servers: Mapping[str, McpServer],
        *,
        load_seconds: float = LOAD_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._servers = dict(servers)
        self._loader: ToolLoader[str] = ToolLoader(load_seconds, rest_seconds)
        self._tools: dict[str, list[McpTool]] = {}
        self._loading: asyncio.Task[None] | None = None
        self._is_retry = False

    @property
    def known(self) -> list[Tool]:
        """The tools that are loaded already."""
        return [tool for name in self._servers for tool in self._tools.get(name, ())]

    async def tools(self) -> list[Tool]:
        """Return the tools of all servers that can be reached, as they are now: the owner trusts the servers.

        If a server cannot be reached, the log of the app says why. A server that failed before is tried again in the
        background, so that nobody waits for it.
        """
        due = [name for name in self._servers if self._is_due(name)]
        if due and not self._loading:
            self._is_retry = all(map(self._loader.has_failed, due))
            self._loading = asyncio.create_task(self._load_all(due))
        if self._loading and not self._is_retry:
            await asyncio.wait({self._loading})
        return self.known

    async def aclose(self) -> None:
        """Close the connections with all servers, and end those that are programs."""
        if self._loading:
            self._loading.cancel()
            await asyncio.wait({self._loading})
        self._tools.clear()
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _is_due(self, name: str) -> bool:
        is_there = name in self._tools and all(map(self._servers[name].is_current, self._tools[name]))
        return not is_there and not self._loader.is_resting(name)

    async def _load_all(self, due: Sequence[str]) -> None:
        try:
            for name, tools in zip(due, await asyncio.gather(*map(self._load, due)), strict=True):
                if tools is not None:
                    self._tools.pop(name, None)
                    self._tools[name] = _with_free_names(name, tools, [tool.name for tool in (*TOOLS, *self.known)])
        finally:
            self._loading = None

    async def _load(self, name: str) -> list[McpTool] | None:
        try:
            return await self._loader.load(name, name, self._servers[name].tools)
        except GlassboxError as error:
            logger.warning("MCP server %s: %s", name, error)
            return None


def _with_free_names(server: str, tools: list[McpTool], taken: Collection[str]) -> list[McpTool]:
    names, free = set(taken), []
    for tool in tools:
        if tool.name in names:
            tool = tool.renamed(tool_name(f"{server}_{tool.name}", names))
        names.add(tool.name)
        free.append(tool)
    return free
