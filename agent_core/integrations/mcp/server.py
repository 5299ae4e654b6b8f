"""Tools of MCP servers.

    async with McpServer("https://example.org/mcp", headers={"Authorization": f"Bearer {key}"}) as server:
        agent = CodeAgent(model, tools=await server.tools())

What a server says of its tools goes to the model, so that a person should see it first. What was seen can be held fast
by the `fingerprint` of each tool: with another one, it is no longer the tool that was seen.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from mcp import McpError, types

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import GlassboxError, ToolError
from agent_core.integrations.mcp.connection import McpConnection, Open, over_http, over_pipes
from agent_core.integrations.mcp.failures import Failures, McpConnectionError
from agent_core.integrations.mcp.listing import Listed, Listing, read_list
from agent_core.integrations.mcp.results import is_wrapper, result_of
from agent_core.net.urls import shown_host
from agent_core.tools import context
from agent_core.tools.described import DescribedTool
from agent_core.tools.names import tool_name
from agent_core.tools.parameters import MISSING
from agent_core.tools.schema import parameters_of, type_of

_HEADER = re.compile(r"[\t\x20-\x7e]*")  # what may stand in one
_NO_TYPES = "Its inputs are described in a way that nothing can be made of."

_Result = TypeVar("_Result")


class McpTool(DescribedTool):
    """A tool of a server. own_name: as the server calls it; fingerprint: of all that the server says of it."""

    def __init__(self, listed: Listed, name: str, server: "McpServer") -> None:
        async def work(arguments: dict[str, Any]) -> Any:
            return await server.call(listed, arguments)

        self.own_name = listed.name
        self.fingerprint = listed.fingerprint
        super().__init__(
            name,
            listed.description or f"The tool {listed.name} of the MCP server {server.name}, which says no more of it.",
            parameters_of(listed.inputs),
            work,
            output=_output(listed.output),
            schema=listed.inputs,
        )


class McpServer:
    """An MCP server that is reached over streamable HTTP, or as a program of this machine by `of_command`.

    Many chats may share it, on one event loop. It is connected at the first need, and again where the connection
    broke. headers: sent with all requests. transport: makes the connections; without it they may lead anywhere, and
    through the proxy that the environment names. Raises GlassboxError for what is no address or no header.

    name: the host or the program, for people. After `tools`: left_out: how many tools were too many, None for more
    than were counted; unusable: why those were left out that are no tools, by their own names.
    """

    SECONDS = 20.0  # to connect and list the tools

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        name = _shown(url)
        if not all(_HEADER.fullmatch(text) for item in (headers or {}).items() for text in item):
            raise GlassboxError(f"A header for the MCP server {name} has characters that cannot be sent; correct it.")
        self._set_up(name, over_http(url.strip(), headers or {}, transport), of_site=True)

    @classmethod
    def of_command(
        cls,
        command: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Self:
        """A program that talks over its standard input and output. It can do all that this app can: whoever may
        name the program must be the app's owner.

        env: its environment, beside the little that every program needs; none of the app's keys are in it.
        """
        server = cls.__new__(cls)
        server._set_up(Path(command).name, over_pipes(command, arguments, env or {}, folder), of_site=False)
        return server

    def _set_up(self, name: str, begin: Open, *, of_site: bool) -> None:
        self.name = name
        self.left_out: int | None = 0
        self.unusable: dict[str, str] = {}
        self._begin = begin
        self._failures = Failures(name, of_site=of_site)
        self._lock = asyncio.Lock()  # held while connecting and listing
        self._connection: McpConnection | None = None
        self._listing = Listing()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def tools(self) -> list[McpTool]:
        """The server's tools. Raises ToolError."""
        await self._again_if_unsent(self._ready)
        listing = self._listing
        tools, unusable = await run_in_own_thread(lambda: self._made(listing.tools))
        # With nothing awaited from here on, so that whoever asked finds what belongs to his own question.
        self.left_out, self.unusable = listing.left_out, {**listing.unusable, **unusable}
        return tools

    def is_current(self, tool: McpTool) -> bool:
        """Whether the server says of the tool what it said when the tool was made, as far as is known by now."""
        return self._listing.fingerprints.get(tool.own_name) == tool.fingerprint

    async def close(self) -> None:
        """End the connection and what goes on with it. A later call would connect anew."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def call(self, tool: Listed, arguments: dict[str, Any]) -> Any:
        """Call a tool, as it was listed once. Raises ToolError, also where it is no longer what it was."""
        answer = await self._again_if_unsent(lambda: self._answer(tool, arguments))
        return await result_of(answer, tool.output)

    async def _answer(self, tool: Listed, arguments: dict[str, Any]) -> types.CallToolResult:
        connection = await self._ready()
        now = self._listing.fingerprints.get(tool.name)
        if now is None:
            raise ToolError(f"The MCP server {self.name} no longer has the tool {tool.name}; go on without it.")
        if now != tool.fingerprint:
            raise ToolError(
                f"The MCP server {self.name} changed what it says of {tool.name} after it was added, so it is not "
                "called. Go on without it; the user can remove the server, add it again and look at it."
            )
        surrounding = copy_context()

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            surrounding.run(context.report, message or (f"{progress:g} of {total:g}" if total else f"{progress:g}"))

        try:
            return await connection.request(lambda session: session.call(tool.name, arguments, tell))
        except McpError as error:
            raise self._failures.of_call(error) from None

    async def _again_if_unsent(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do it, and once more where it turns out that the server had ended the session meanwhile."""
        try:
            return await work()
        except McpConnectionError as error:
            if not error.unsent:
                raise
            return await work()

    async def _ready(self) -> McpConnection:
        """A connection, and the list of tools as it is now."""
        async with self._lock:
            if self._connection is None or self._connection.is_over:
                self._connection = McpConnection(self._begin, self._failures)
            if self._connection.changed:
                await self._list(self._connection)
            return self._connection

    async def _list(self, connection: McpConnection) -> None:
        connection.changed = False
        try:
            async with asyncio.timeout(self.SECONDS):
                self._listing = await read_list(connection)
        except BaseException as error:
            self._connection = None
            await connection.close()
            if isinstance(error, TimeoutError):
                slow = self._failures.slow(self.SECONDS)
                raise (self._failures.no_server() if connection.spoke_garbage else slow) from None
            if isinstance(error, McpError):
                raise self._failures.of(error) from None
            raise

    def _made(self, chosen: Iterable[Listed]) -> tuple[list[McpTool], dict[str, str]]:
        """The tools, and why those are none that cannot be made, by their own names."""
        tools: list[McpTool] = []
        unusable: dict[str, str] = {}
        for listed in chosen:
            name = tool_name(listed.name, (tool.name for tool in tools))
            try:
                tools.append(McpTool(listed, name, self))
            except (ToolError, TypeError, ValueError, RecursionError) as error:
                unusable[listed.name] = str(error) if isinstance(error, ToolError) else _NO_TYPES
        return tools, unusable


def _output(schema: Mapping[str, Any] | None) -> Any:
    if schema is None:
        return MISSING
    return type_of(schema).__annotations__["result"] if is_wrapper(schema) else type_of(schema)


def _shown(url: str) -> str:
    """Return an address without its path, in which there may be a key. Raises GlassboxError."""
    if host := shown_host(url):
        return host
    raise GlassboxError("That is not the address of an MCP server: one starts with https:// and names a site.")
