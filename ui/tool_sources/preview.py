"""Looks at a location before anything is added: which tools it has, and what the browser would keep of them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from agent_core import GlassboxError, Tool
from agent_core.concurrency import run_in_own_thread
from agent_core.integrations.hub.hub_client import NoToolCode
from agent_core.integrations.hub.loading import read_tool
from agent_core.integrations.mcp.server import McpServer, McpTool
from agent_core.net.hub_names import is_repository
from agent_core.net.urls import host_and_port
from agent_core.tools.names import RESERVED_NAMES, tool_name
from ui.texts import words
from ui.tool_sources.locations import is_address, read_location, word_for
from ui.tool_sources.offers import OfferedTool, ToolConnections, code_offer
from ui.tool_sources.tool_source import LONGEST_LOCATION, SeenTool, ToolSource, ToolSourceKind


@dataclass(frozen=True)
class Preview:
    """What was found at a location.

    Attributes:
        source: What the browser would keep.
        tools: The tools, in the order of those of `source`.
        code: The code of the tools; if they have none here, everything that an agent is told about them.
        imports: The modules that the code imports.
        notes: What else a person should know, in sentences.
    """

    source: ToolSource
    tools: list[Tool]
    code: str
    imports: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


async def look_at(location: str, connections: ToolConnections, taken: Collection[str]) -> Preview:
    """Find the tools at a location.

    Args:
        location: "owner/name" or an address, as it was typed.
        connections: The connections for Spaces and servers.
        taken: The names of the chat's other tools.

    Raises:
        GlassboxError: The location is not valid, cannot be reached, or has no tools.
    """
    location = read_location(location)
    if len(location) > LONGEST_LOCATION:
        raise GlassboxError(words("tools.too_long", most=LONGEST_LOCATION))
    if is_address(location):
        host_and_port(location)  # raises if this is not a web address
        return await _look_at_server(location, connections, taken)
    if not is_repository(location):
        raise GlassboxError(words("tools.unreadable"))
    try:
        return await _look_at_code(location, taken)
    except NoToolCode:
        return await _look_at_space(location, connections, taken)


async def _look_at_code(repository: str, taken: Collection[str]) -> Preview:
    found = await run_in_own_thread(partial(read_tool, repository))
    offers = [code_offer(found)]
    source = _source("hub", found.repo, offers, taken, found.revision)
    return Preview(source, [offer.tool for offer in offers], found.code.source, found.code.imports)


async def _look_at_space(repository: str, connections: ToolConnections, taken: Collection[str]) -> Preview:
    offers, space = await connections.space_offers(repository), await connections.space(repository)
    source, tools = _source("space", repository, offers, taken), [offer.tool for offer in offers]
    left_out = len(space.endpoints) - len(offers)
    notes = (words("tools.left_out", count=left_out),) if left_out else ()
    return Preview(source, tools, await run_in_own_thread(partial(_told, source, tools)), notes=notes)


async def _look_at_server(address: str, connections: ToolConnections, taken: Collection[str]) -> Preview:
    offers = await connections.server_offers(address)
    source, tools = _source("mcp", address, offers, taken), [offer.tool for offer in offers]
    told = await run_in_own_thread(partial(_told, source, tools))
    return Preview(source, tools, told, notes=_about_the_rest(connections.server(address)))


def _source(
    kind: ToolSourceKind, location: str, offers: Sequence[OfferedTool], taken: Collection[str], revision: str = ""
) -> ToolSource:
    """Return what the browser would keep, with a free name for each tool. Raises GlassboxError if there is no tool."""
    if not offers:
        raise GlassboxError(words("tools.none", location=location))
    names, seen = {*RESERVED_NAMES, *taken}, []
    for offer in offers:
        name = offer.tool.name
        if name in names:
            name = tool_name(f"{word_for(location)}_{name}", names)
        names.add(name)
        seen.append(SeenTool(own=offer.own, name=name, fingerprint=offer.fingerprint))
    return ToolSource(kind=kind, location=location, revision=revision, tools=tuple(seen))


def _told(source: ToolSource, tools: Sequence[Tool]) -> str:
    """Return everything that an agent is told about these tools, under the names that they would have."""
    for seen, tool in zip(source.tools, tools, strict=True):
        tool.name = seen.name
    return "\n\n".join(map(_told_of, tools))


def _told_of(tool: Tool) -> str:
    """Return what an agent is told about a tool: its Python stub, and for an MCP tool also the schema of its inputs."""
    if not isinstance(tool, McpTool):
        return tool.stub()
    return f"{tool.stub()}\n    # inputs: {json.dumps(tool.parameters, ensure_ascii=False)}"


def _about_the_rest(server: McpServer) -> tuple[str, ...]:
    """Return sentences about the tools of a server that are left out."""
    notes = []
    if server.left_out != 0:
        known = server.left_out
        notes.append(words("tools.left_out", count=known) if known else words("tools.many_left_out"))
    if server.unusable:
        notes.append(words("tools.unusable", names=", ".join(server.unusable)))
    return tuple(notes)
