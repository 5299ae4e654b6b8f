"""A connection with an MCP server, over HTTP or with a program, that many calls can share.

The client library needs the same task to begin and to end a connection, so each connection has a task of its own.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from contextvars import Context
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
from mcp import ClientSession, McpError, StdioServerParameters, stdio_client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.session import ProgressFnT
from pydantic import ValidationError

from agent_core._version import __version__
from agent_core.integrations.mcp.failures import LOST, Failures, McpConnectionError
from agent_core.net.bounded_body import IDENTITY, BodyTooLarge, bounded
from agent_core.net.certificates import certificates

CONNECT_SECONDS = 20.0  # for a TCP connection and the like
_READ_SECONDS = 300.0  # after which a read ends, even if nobody waits for the reply any more
_CLOSE_SECONDS = 5.0
_MOST_BYTES = 32 * 2**20  # of one reply
_MOST_PARTS = 100_000  # objects and lists in one reply; the library parses them on the event loop, in up to a second
_MOST_GARBAGE = 20  # lines of a program that are not messages; some programs print a greeting
_CLOSED = (anyio.ClosedResourceError, anyio.BrokenResourceError)
_CLIENT = types.Implementation(name="glassbox", version=__version__)

# Their log lines hold whole addresses, which may contain keys. The errors raised here say what failed.
logging.getLogger("mcp.client").setLevel(logging.CRITICAL)
logging.getLogger("httpx").setLevel(logging.WARNING)

_Result = TypeVar("_Result")
_Lose = Callable[[Any], None]
Open = Callable[[_Lose], AbstractAsyncContextManager[Sequence[Any]]]
"""Begins to exchange messages: gives a stream to read them from and one to write them to. Calls the function that it is
given with the number of each request whose reply broke off."""


class McpSession(ClientSession):
    """The requests that go to the server."""

    async def list(self, cursor: str | None) -> types.Result:
        """Return a page of the list of tools, its fields unchecked: one bad tool must not spoil the rest."""
        params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
        return await self.send_request(types.ClientRequest(types.ListToolsRequest(params=params)), types.Result)

    async def call(self, name: str, arguments: dict[str, Any], progress: ProgressFnT) -> types.CallToolResult:
        """Call a tool. If this is cancelled, the server is told."""
        number = self._request_id  # the number of the next request
        params = types.CallToolRequestParams(name=name, arguments=arguments)
        request = types.ClientRequest(types.CallToolRequest(params=params))
        try:
            return await self.send_request(request, types.CallToolResult, progress_callback=progress)
        except asyncio.CancelledError:
            with suppress(RuntimeError):  # the session has ended
                self._task_group.start_soon(self._tell_cancelled, number)
            raise

    def lose(self, number: Any) -> None:
        """End the wait for the reply to a request, because it will not come."""
        if waiting := self._response_streams.pop(number, None):
            waiting.send_nowait(types.JSONRPCError(jsonrpc="2.0", id=number, error=LOST))

    async def _tell_cancelled(self, number: int) -> None:
        cancelled = types.CancelledNotification(params=types.CancelledNotificationParams(requestId=number))
        with suppress(*_CLOSED):  # the server is gone, and the call with it
            await self.send_notification(types.ClientNotification(cancelled))


class McpConnection:
    """A session with a server, which begins at once and goes on until `close`.

    Args:
        begin: Begins to exchange messages.
        failures: Makes the errors.

    Attributes:
        changed: Whether the tools have to be listed, for the first time or because the server said that they changed.
    """

    def __init__(self, begin: Open, failures: Failures) -> None:
        self.changed = True
        self._begin = begin
        self._failures = failures
        self._garbage = 0
        self._in_flight = 0
        self._is_retired = False
        loop = asyncio.get_running_loop()
        self._session: asyncio.Future[McpSession] = loop.create_future()
        self._ended: asyncio.Future[McpConnectionError] = loop.create_future()
        self._closing = asyncio.Event()
        # In an empty context, because the task outlives the call and the chat that first need it.
        self._task = loop.create_task(self._hold(), context=Context())

    @property
    def is_over(self) -> bool:
        """Whether the connection can no longer be used."""
        return self._is_retired or self._ended.done()

    @property
    def is_here(self) -> bool:
        """Whether it belongs to the event loop that is running. No other one can use it."""
        return self._task.get_loop() is asyncio.get_running_loop()

    @property
    def spoke_garbage(self) -> bool:
        """Whether the server sent something that is not a message."""
        return self._garbage > 0

    async def request(self, work: Callable[[McpSession], Awaitable[_Result]]) -> _Result:
        """Make a request once the session has begun.

        Args:
            work: Makes the request.

        Returns:
            The result of `work`.

        Raises:
            McpConnectionError: The session could not begin, or broke off.
            McpError: The server refused the request.
        """
        task = asyncio.ensure_future(self._with_session(work))
        self._in_flight += 1
        try:
            await asyncio.wait({task, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not task.cancelled():
                return task.result()
            raise self._failure()
        except _CLOSED:
            self._end(self._failures.broken_off())
            raise self._failures.broken_off(unsent=True) from None
        except McpError as error:
            if error.error == LOST:
                raise (self._failure() if self._ended.done() else self._failures.broken_off()) from None
            if self._failures.is_closed(error):
                raise await self._why_closed() from None
            if self._failures.is_terminated(error):
                self._is_retired = True
                raise self._failures.terminated() from None
            raise
        except ValidationError:
            raise self._failures.no_server() from None
        finally:
            task.cancel()
            self._in_flight -= 1
            if self._is_retired and not self._in_flight:
                self._closing.set()

    async def close(self) -> None:
        """End the session. Requests that still wait for a reply raise McpConnectionError."""
        self._end(self._failures.broken_off())
        done, _ = await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
        if not done:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)

    async def _with_session(self, work: Callable[[McpSession], Awaitable[_Result]]) -> _Result:
        return await work(await asyncio.shield(self._session))

    async def _hold(self) -> None:
        try:
            async with (
                self._begin(lambda number: session.lose(number)) as streams,
                McpSession(*streams[:2], message_handler=self._take, client_info=_CLIENT) as session,
            ):
                await session.initialize()
                self._session.set_result(session)
                await self._closing.wait()
        except (Exception, BaseExceptionGroup) as error:
            self._fail(error)
        finally:
            self._end(self._failures.broken_off())
            self._session.cancel()

    async def _take(self, message: Any) -> None:
        """Handle a message that is not a reply."""
        if isinstance(message, types.ServerNotification):
            self.changed |= isinstance(message.root, types.ToolListChangedNotification)
        elif isinstance(message, httpx.TransportError):
            pass  # a reply broke off; whoever waits for it knows already
        elif isinstance(message, RuntimeError):
            pass  # a reply that nobody waits for any more, because the call was stopped or ran out of time
        elif isinstance(message, Exception):
            self._garbage += 1
            if self._failures.of_site or self._garbage > _MOST_GARBAGE:
                self._fail(message)

    def _fail(self, error: BaseException) -> None:
        self._end(self._failures.of(error))

    def _end(self, failure: McpConnectionError) -> None:
        if not self._ended.done():
            self._ended.set_result(failure)
        self._closing.set()
        if not self._session.done():  # it still waits for the server's first message
            self._task.cancel()

    def _failure(self) -> McpConnectionError:
        """Return why the session ended. With several requests under way, nobody knows which of them the server took."""
        failure = self._ended.result()
        return failure if self._in_flight == 1 else McpConnectionError(str(failure))

    async def _why_closed(self) -> McpConnectionError:
        """Return why the streams were closed: the error that ended the task, or else that the server closed them."""
        self._closing.set()
        await asyncio.wait({self._ended}, timeout=_CLOSE_SECONDS)
        self._end(self._failures.broken_off())
        return self._failure()


def over_http(url: str, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None) -> Open:
    """Return what exchanges messages over streamable HTTP.

    Args:
        url: The server's address.
        headers: Headers to send with each request.
        transport: Makes the connections, and stays open; None for an ordinary one.
    """

    @asynccontextmanager
    async def begin(lose: _Lose) -> AsyncGenerator[Sequence[Any]]:
        async def watch(response: httpx.Response) -> None:
            response.headers.pop("content-encoding", None)  # we asked for none, and unpacking might never end
            response.stream = _BoundedReply(response, lose)

        client = httpx.AsyncClient(
            headers={**headers, **IDENTITY},
            transport=transport,
            verify=certificates(),
            trust_env=transport is None,  # a proxy would make the connections instead of the transport
            timeout=httpx.Timeout(CONNECT_SECONDS, read=_READ_SECONDS),
            event_hooks={"response": [watch]},
        )
        async with AsyncExitStack() as stack:
            if transport is None:
                await stack.enter_async_context(client)
            yield await stack.enter_async_context(streamable_http_client(url, http_client=client))

    return begin


def over_pipes(command: str, arguments: Sequence[str], env: Mapping[str, str], folder: Path | None) -> Open:
    """Return what exchanges messages with a program.

    Args:
        command: The program.
        arguments: Its arguments.
        env: Environment variables, in addition to the harmless ones of the app's own that the library passes on.
        folder: Its working directory; None for the app's own.
    """
    program = StdioServerParameters(
        command=command, args=list(arguments), env=dict(env), cwd=folder, encoding_error_handler="replace"
    )
    return lambda _: stdio_client(program)


class _BoundedReply(httpx.AsyncByteStream):
    """The body of a reply, up to a limit. It reports when the reply breaks off; the library would wait for the rest.

    A stream of events that ends by itself broke off as well, because the library stops reading once it has its reply.
    Such a stream can be resumed if its events have ids.
    """

    def __init__(self, response: httpx.Response, lose: _Lose) -> None:
        self._inner: Any = response.stream
        self._lose = lose
        self._request = response.request
        self._must_go_on = response.headers.get("content-type", "").startswith("text/event-stream")

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        parts = 0
        try:
            async for chunk in bounded(self._inner, _MOST_BYTES):
                parts += chunk.count(b"{") + chunk.count(b"[")
                self._must_go_on = self._must_go_on and b"id:" not in chunk
                if parts > _MOST_PARTS:
                    raise BodyTooLarge
                yield chunk
        except httpx.TransportError:
            self._tell()
            raise
        if self._must_go_on:
            self._tell()

    def _tell(self) -> None:
        if self._request.method == "POST":  # other requests are for announcements, which nobody waits for
            self._lose(json.loads(self._request.content).get("id"))

    async def aclose(self) -> None:
        await self._inner.aclose()
