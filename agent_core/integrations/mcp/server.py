"""Tools of MCP servers.

    async with McpServer("https://example.org/mcp", headers={"Authorization": f"Bearer {key}"}) as server:
        agent = CodeAgent(model, tools=await server.tools())

What a server says about its tools goes to the model, so a person should look at it first. Keep the `fingerprint` of
each tool that they looked at: if it changes, the server describes the tool differently now.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import asdict
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
from agent_core.net.urls import shown_host, without_secrets
from agent_core.tools import context
from agent_core.tools.names import tool_name
from agent_core.tools.parameters import MISSING
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.schema_types import parameters_of, type_of

_HEADER = re.compile(r"[\t\x20-\x7e]*")  # the characters that a header may have
_NO_TYPES = "The description of its inputs cannot be understood."

_Result = TypeVar("_Result")


class McpTool(SchemaTool):
    """A tool of an MCP server, as `McpServer.tools` returns it.

    Attributes:
        own_name: The server's name for it; `name` may differ, because it has to be a Python name.
        fingerprint: A hash of everything that the server says about it.
    """

    def __init__(self, listed: Listed, name: str, server: "McpServer") -> None:
        async def work(arguments: dict[str, Any]) -> Any:
            return await server.call(listed, arguments)

        self.own_name = listed.name
        self.fingerprint = listed.fingerprint
        super().__init__(
            name,
            listed.description
            or f"The tool {listed.name} of the MCP server {server.name}, which does not describe it.",
            parameters_of(listed.inputs),
            work,
            output=_output(listed.output),
            schema=listed.inputs,
            origin={**server.origin, "tool": asdict(listed)},
        )


class McpServer:
    """An MCP server that is reached over streamable HTTP. `of_command` makes one that is a program of this machine.

    It connects when it is first used, and again after the connection broke. Many chats may share it on one event loop.
    Close it with `close`, or use it as an asynchronous context manager.

    Args:
        url: The server's address.
        headers: Headers to send with all requests, such as a key.
        transport: Makes the connections; None for one that connects to any address, and through the proxy that the
            environment names. It stays open after `close`.

    Attributes:
        name: The server's host or program, for people.
        origin: Where it is, as JSON holds it, without keys: of headers and environment variables only the names.
        left_out: How many tools the last call of `tools` left out because there were too many; None if they were too
            many to count.
        unusable: Why the last call of `tools` could not use a tool, by the server's name for the tool.

    Raises:
        GlassboxError: The address is not a web address, or a header has characters that cannot be sent.
    """

    SECONDS = 20.0  # to connect and to list the tools

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        name = _shown(url)
        if not all(_HEADER.fullmatch(text) for item in (headers or {}).items() for text in item):
            raise GlassboxError(f"A header for the MCP server {name} has characters that cannot be sent; correct it.")
        # Of "Bearer sk-…", the key alone is a secret as well.
        secrets = [part for value in (headers or {}).values() for part in (value, value.partition(" ")[2].strip())]
        failures = Failures(name, of_site=True, secrets=secrets)
        origin = {"kind": "mcp", "url": without_secrets(url.strip()), "headers": [*(headers or {})]}
        self._set_up(name, over_http(url.strip(), headers or {}, transport), failures, origin)

    @classmethod
    def of_command(
        cls,
        command: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Self:
        """Return a server that is a program and communicates over its standard input and output.

        The program is not confined: it can do all that this app can. Let only the app's owner choose it.

        Args:
            command: The program.
            arguments: Its arguments.
            env: Its environment variables, in addition to the few that every program needs. It gets none of the app's
                keys.
            folder: Its working directory; None for the app's own.
        """
        server = cls.__new__(cls)
        failures = Failures(Path(command).name, of_site=False, secrets=(env or {}).values())
        origin = {"kind": "mcp_program", "command": command, "arguments": [*arguments], "env": [*(env or {})]}
        origin |= {"folder": str(folder)} if folder else {}
        server._set_up(Path(command).name, over_pipes(command, arguments, env or {}, folder), failures, origin)
        return server

    def _set_up(self, name: str, begin: Open, failures: Failures, origin: Mapping[str, Any]) -> None:
        self.name = name
        self.origin = origin
        self.left_out: int | None = 0
        self.unusable: dict[str, str] = {}
        self._begin = begin
        self._failures = failures
        self._lock = asyncio.Lock()  # held while connecting and listing
        self._connection: McpConnection | None = None
        self._listing = Listing()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def tools(self) -> list[McpTool]:
        """Return the server's tools, as it describes them now. Sets `left_out` and `unusable`.

        Returns:
            The usable tools, at most 100, with different names.

        Raises:
            ToolError: The server cannot be reached, did not answer within 20 seconds, or refused the request.
        """
        await self._again_if_unsent(self._ready)
        listing = self._listing
        tools, unusable = await run_in_own_thread(lambda: self._made(listing.tools))
        # Nothing is awaited from here on, so that these attributes belong to the tools that the caller gets.
        self.left_out, self.unusable = listing.left_out, {**listing.unusable, **unusable}
        return tools

    def is_current(self, tool: McpTool) -> bool:
        """Return whether the server still describes the tool as it did when the tool was made.

        This compares with the list that the server sent last; it does not ask the server.

        Args:
            tool: A tool of this server.
        """
        return self._listing.fingerprints.get(tool.own_name) == tool.fingerprint

    async def close(self) -> None:
        """End the connection and the calls that use it. A later call would connect again."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def call(self, tool: Listed, arguments: dict[str, Any]) -> Any:
        """Call a tool.

        Args:
            tool: The tool as the server listed it.
            arguments: The arguments, by name.

        Returns:
            The data, the text or the names of files that the server answered.

        Raises:
            ToolError: The call failed, or the server has removed the tool or changed its description.
        """
        answer = await self._again_if_unsent(lambda: self._answer(tool, arguments))
        return await result_of(answer, tool.output, self._failures.said)

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
        """Do some work, and do it again if it fails because the server had ended the session."""
        try:
            return await work()
        except McpConnectionError as error:
            if not error.unsent:
                raise
            return await work()

    async def _ready(self) -> McpConnection:
        """Return a connection, with `_listing` up to date."""
        async with self._lock:
            if self._connection is None or self._connection.is_over or not self._connection.is_here:
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
        """Return the tools, and why the others cannot be made, by the server's names."""
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
    """Return the host of an address, without the path, which may hold a key. Raises GlassboxError if it has no host."""
    if host := shown_host(url):
        return host
    raise GlassboxError("That is not the address of an MCP server: one starts with https:// and names a site.")
