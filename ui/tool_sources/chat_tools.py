"""Where a chat's added tools come from: repositories and Spaces of the Hub, and MCP servers."""

import asyncio
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from agent_core import GlassboxError, Tool
from agent_core.concurrency import run_in_own_thread
from agent_core.integrations.hub.hub_client import NoToolCode
from agent_core.integrations.hub.loading import FoundTool, read_tool
from agent_core.integrations.mcp.server import McpServer, McpTool
from agent_core.integrations.spaces.space import Space, find_space
from agent_core.net.cooldown import Cooldown
from agent_core.net.hub_names import REPOSITORY, is_repository
from agent_core.net.transport import PublicTransport
from agent_core.net.urls import bare_host, host_and_port, parse_url
from agent_core.tools.names import RESERVED_NAMES, tool_name
from ui.tool_sources.tool_source import LONGEST_PLACE, SeenTool, ToolSource, ToolSourceKind, fingerprint_of

LOAD_SECONDS = 10.0  # for which a question waits for its added tools
_PAGE = re.compile(rf"(?:(?:https://)?(?:huggingface\.co|hf\.co)/(?:spaces/)?)?({REPOSITORY.pattern})/?")
_REST_SECONDS = 60.0  # for which a source that failed is not asked again
_GONE = "{place} no longer has the tool {name}. Remove what you added from there, and add it again."
_CHANGED = (
    "What {place} says of its tool {name} has changed since you added it, so it is left out. Remove what you added "
    "from there, and add it again to look at it."
)


@dataclass(frozen=True)
class OfferedTool:
    """A tool at a place. own: its name there. fingerprint: of all that is said of it there."""

    own: str
    fingerprint: str
    tool: Tool


@dataclass(frozen=True)
class Preview:
    """What stands at a place: what would be kept of it, and its tools.

    code: of the tools, where they come as code; else all that an agent is told of them. imports: the modules
    that code of tools imports. notes: what else a person should know, in sentences.
    """

    source: ToolSource
    tools: list[Tool]
    code: str
    imports: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ChatTools:
    """The added tools of one chat. What they need, such as a connection with a server, is held until `close`.

    public: strangers use the app; see Config.
    """

    def __init__(self, *, public: bool) -> None:
        self._public = public
        self._open: dict[str, Space | McpServer] = {}
        self._tools: dict[ToolSource, list[Tool]] = {}
        self._cooldown: Cooldown[ToolSource] = Cooldown(_REST_SECONDS)
        self._problems: dict[ToolSource, str] = {}  # why each could not be had, the last time
        self._keys: dict[str, str] = {}

    async def use_keys(self, keys: Mapping[str, str]) -> None:
        """From now on send these keys to MCP servers, by their addresses."""
        for address, key in keys.items():
            if key != self._keys.get(address, ""):
                self._keys[address] = key
                self._tools = {source: tools for source, tools in self._tools.items() if source.place != address}
                for source in [source for source in self._problems if source.place == address]:
                    self._cooldown.worked(source)
                if server := self._open.pop(address, None):
                    await server.close()

    async def look(self, place: str, taken: Collection[str]) -> Preview:
        """Look at what stands at a place, "owner/name" or an address. taken: names that other tools have here.

        Raises GlassboxError where there are no tools.
        """
        place = place_of(place)
        if len(place) > LONGEST_PLACE:
            raise GlassboxError(f"This is too long for a place: at most {LONGEST_PLACE} characters fit.")
        if "://" in place:
            host_and_port(place)  # raises where it is no web address
            return await self._look_at_server(place, taken)
        if not is_repository(place):
            raise GlassboxError("Type a repository of Hugging Face as “owner/name”, or the address of an MCP server.")
        try:
            return await self._look_at_code(place, taken)
        except NoToolCode:
            return await self._look_at_space(place, taken)

    async def tools(self, sources: Sequence[ToolSource], wanted: Collection[str]) -> tuple[list[Tool], list[str]]:
        """The tools that were added and are wanted, by their names here, and a sentence for each that cannot be had."""
        needed = [source for source in sources if any(name in wanted for name in source.names)]
        loaded = await asyncio.gather(*(self._load(source, wanted) for source in needed))
        tools = {tool.name: tool for found, _ in loaded for tool in found if tool.name in wanted}
        return list(tools.values()), [problem for _, problems in loaded for problem in problems]

    async def close(self) -> None:
        """Let go of all servers."""
        held, self._open = list(self._open.values()), {}
        self._tools.clear()
        await asyncio.gather(*(source.close() for source in held), return_exceptions=True)

    async def _look_at_code(self, place: str, taken: Collection[str]) -> Preview:
        found = await run_in_own_thread(partial(read_tool, place))
        offers = [_code_offer(found)]
        source = _source("hub", found.repo, offers, taken, found.revision)
        return Preview(source, [offer.tool for offer in offers], found.code.source, found.code.imports)

    async def _look_at_space(self, place: str, taken: Collection[str]) -> Preview:
        offers, space = await self._offers_of_space(place), await self._space(place)
        source, tools = _source("space", place, offers, taken), [offer.tool for offer in offers]
        left_out = len(space.endpoints) - len(offers)
        notes = (f"It has {left_out} more, which are left out.",) if left_out else ()
        return Preview(source, tools, await run_in_own_thread(partial(_told, source, tools)), notes=notes)

    async def _look_at_server(self, address: str, taken: Collection[str]) -> Preview:
        offers = await self._offers_of_server(address)
        source, tools = _source("mcp", address, offers, taken), [offer.tool for offer in offers]
        told = await run_in_own_thread(partial(_told, source, tools))
        return Preview(source, tools, told, notes=_about_the_rest(self._server(address)))

    async def _load(self, source: ToolSource, wanted: Collection[str]) -> tuple[list[Tool], list[str]]:
        """Its tools as they were seen, and a sentence for each that is wanted and cannot be had.

        What failed rests for a minute.
        """
        if source in self._tools:
            return self._tools[source], []
        if self._cooldown.is_cooling(source):
            return [], [self._problems[source]]
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                offers = await self._offers(source)
        except (TimeoutError, GlassboxError) as error:
            problem = str(error) or f"{source.short_place} did not answer in time, so its tools are left out."
            self._problems[source] = problem
            self._cooldown.failed(source)
            return [], [problem]
        tools, problems = _as_seen(source, offers, wanted)
        if len(tools) == len(source.tools):
            self._tools[source] = tools
        return tools, problems

    async def _offers(self, source: ToolSource) -> list[OfferedTool]:
        match source.kind:
            case "hub":
                return [_code_offer(await run_in_own_thread(partial(read_tool, source.place, source.revision)))]
            case "space":
                return await self._offers_of_space(source.place)
            case "mcp":
                return await self._offers_of_server(source.place)

    async def _offers_of_space(self, place: str) -> list[OfferedTool]:
        space = await self._space(place)
        offers = await run_in_own_thread(space.offers)  # an app may describe a lot
        return [
            OfferedTool(endpoint.name, fingerprint_of(endpoint.fingerprint + tool.description), tool)
            for endpoint, tool in offers
        ]

    async def _offers_of_server(self, address: str) -> list[OfferedTool]:
        tools = await self._server(address).tools()
        return [OfferedTool(tool.own_name, tool.fingerprint, tool) for tool in tools]

    async def _space(self, place: str) -> Space:
        space = self._open.get(place)
        if isinstance(space, Space):
            return space
        found = await find_space(place)
        space = self._open.setdefault(place, found)
        if space is not found:  # another question was quicker
            await found.close()
        assert isinstance(space, Space)
        return space

    def _server(self, address: str) -> McpServer:
        server = self._open.get(address)
        if not isinstance(server, McpServer):
            headers = _headers(address, self._keys.get(address, ""))
            # No stranger may send the app to its own network.
            transport = PublicTransport() if self._public else None
            server = self._open[address] = McpServer(address, headers=headers, transport=transport)
        return server


def place_of(text: str) -> str:
    """What was typed as a place, in the form in which it is kept: "owner/name" for a repository and its page."""
    place = text.strip()
    repository = _PAGE.fullmatch(place)
    return repository[1] if repository else place


def _headers(address: str, key: str) -> dict[str, str]:
    """What is sent with all requests. Raises GlassboxError where anybody on the way could read the key."""
    if not key:
        return {}
    url = parse_url(address)
    if url.scheme != "https" and url.host not in ("127.0.0.1", "::1", "localhost"):
        raise GlassboxError("A key is sent to addresses that begin with https:// only.")
    return {"Authorization": f"Bearer {key}"}


def _code_offer(found: FoundTool) -> OfferedTool:
    return OfferedTool(found.code.name, fingerprint_of(found.code.source), found.tool())


def _source(
    kind: ToolSourceKind, place: str, offers: Sequence[OfferedTool], taken: Collection[str], revision: str = ""
) -> ToolSource:
    """What is kept of a place, with a free name for each tool. Raises GlassboxError where there is none."""
    if not offers:
        raise GlassboxError(f"{place} has no tools that can be used.")
    names, seen = {*RESERVED_NAMES, *taken}, []
    for offer in offers:
        name = offer.tool.name
        if name in names:
            name = tool_name(f"{_word(place)}_{name}", names)
        names.add(name)
        seen.append(SeenTool(own=offer.own, name=name, fingerprint=offer.fingerprint))
    return ToolSource(kind=kind, place=place, revision=revision, tools=tuple(seen))


def _word(place: str) -> str:
    """A word for a place: what a repository is called, or a server; one that only has a number is a server."""
    if "://" not in place:
        return place.rpartition("/")[2]
    word = bare_host(parse_url(place)).partition(".")[0]
    return word if any(map(str.isalpha, word)) else "server"


def _told(source: ToolSource, tools: Sequence[Tool]) -> str:
    """All that an agent is told of these tools, under their names here."""
    for seen, tool in zip(source.tools, tools, strict=True):
        tool.name = seen.name
    return "\n\n".join(map(_told_of, tools))


def _told_of(tool: Tool) -> str:
    """What code is told; of a server's tool also the inputs in its own words, as those agents are who call tools."""
    if not isinstance(tool, McpTool):
        return tool.stub()
    return f"{tool.stub()}\n    # inputs: {json.dumps(tool.parameters, ensure_ascii=False)}"


def _about_the_rest(server: McpServer) -> tuple[str, ...]:
    """What a server has that is left out, in sentences."""
    notes = []
    if server.left_out != 0:
        notes.append(f"It has {server.left_out or 'very many'} more, which are left out.")
    if server.unusable:
        notes.append(f"It has {', '.join(server.unusable)} as well, which cannot be used.")
    return tuple(notes)


def _as_seen(
    source: ToolSource, offers: Sequence[OfferedTool], wanted: Collection[str]
) -> tuple[list[Tool], list[str]]:
    """The tools that are as they were seen, under their names here, and a sentence for each other that is wanted."""
    there, tools, problems = {offer.own: offer for offer in offers}, [], []
    for seen in source.tools:
        offer = there.get(seen.own)
        if offer and offer.fingerprint == seen.fingerprint:
            offer.tool.name = seen.name
            tools.append(offer.tool)
        elif seen.name in wanted:
            sentence = _CHANGED if offer else _GONE
            problems.append(sentence.format(place=source.short_place, name=seen.name))
    return tools, problems
