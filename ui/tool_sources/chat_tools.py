"""The tools that were added to a chat, loaded as they were when a person looked at them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from agent_core import GlassboxError, Tool
from agent_core.prompts import fill
from ui.texts import read_text
from ui.tool_sources.offers import OfferedTool, ToolConnections
from ui.tool_sources.tool_loader import ToolLoader
from ui.tool_sources.tool_source import ToolSource

LOAD_SECONDS = 10.0


class ChatTools:
    """The added tools of one chat. Their connections with servers stay open until `close`.

    Args:
        public: Whether strangers use the app; see Config.
        load_seconds: How long a question waits for the tools of one source.
    """

    def __init__(self, *, public: bool, load_seconds: float = LOAD_SECONDS) -> None:
        self._connections = ToolConnections(public=public)
        self._loader: ToolLoader[ToolSource] = ToolLoader(load_seconds)
        self._tools: dict[ToolSource, list[Tool]] = {}

    async def use_keys(self, keys: Mapping[str, str]) -> None:
        """Send these keys to MCP servers from now on.

        Args:
            keys: The keys, by the servers' addresses.
        """
        changed = self._connections.changed(keys)
        self._tools = {source: tools for source, tools in self._tools.items() if source.location not in changed}
        self._loader.retry(lambda source: source.location in changed)
        await self._connections.use_keys(keys)

    async def tools(self, sources: Sequence[ToolSource], wanted: Collection[str]) -> tuple[list[Tool], list[str]]:
        """Load the added tools that are switched on.

        Args:
            sources: The sources of the added tools.
            wanted: The names of the tools that are switched on.

        Returns:
            The tools, under the names that they have in this chat, and a sentence for each that cannot be loaded.
        """
        needed = [source for source in sources if any(name in wanted for name in source.names)]
        loaded = await asyncio.gather(*(self._load(source, wanted) for source in needed))
        tools = {tool.name: tool for found, _ in loaded for tool in found if tool.name in wanted}
        return list(tools.values()), [problem for _, problems in loaded for problem in problems]

    async def close(self) -> None:
        """Close the connections with all servers."""
        self._tools.clear()
        await self._connections.close()

    async def _load(self, source: ToolSource, wanted: Collection[str]) -> tuple[list[Tool], list[str]]:
        """Return a source's tools as the person saw them, and a sentence for each wanted one that cannot be loaded."""
        if source in self._tools:
            return self._tools[source], []
        try:
            ask = partial(self._connections.offers, source)
            offers = await self._loader.load(source, source.short_location, ask)
        except GlassboxError as error:
            return [], [str(error)]
        tools, problems = _as_seen(source, offers, wanted)
        if len(tools) == len(source.tools):
            self._tools[source] = tools
        return tools, problems


def _as_seen(
    source: ToolSource, offers: Sequence[OfferedTool], wanted: Collection[str]
) -> tuple[list[Tool], list[str]]:
    """Return the tools that are still as the person saw them, and a sentence for each other one that is wanted."""
    there, tools, problems = {offer.own: offer for offer in offers}, [], []
    for seen in source.tools:
        offer = there.get(seen.own)
        if offer and offer.fingerprint == seen.fingerprint:
            tools.append(offer.tool.renamed(seen.name))
        elif seen.name in wanted:
            text = read_text("tool_changed" if offer else "tool_gone")
            problems.append(fill(text, location=source.short_location, name=seen.name))
    return tools, problems
