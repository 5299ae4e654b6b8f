"""Serves the requests of running code: tool calls, permissions, connections."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from agent_core.events import PermissionAnswered, PermissionAsked, SandboxEvent, ToolFinished, ToolStarted
from agent_core.net.host_allowlist import allows
from agent_core.permissions import Grant
from agent_core.sandbox.guest.message_limits import MOST_REPORTED_CALLS
from agent_core.sandbox.host import connections
from agent_core.sandbox.host.tool_calls import call_tool, reply
from agent_core.sandbox.host.worker_messages import AskMessage, CallMessage, ConnectMessage, UsedMessage
from agent_core.sandbox.policy import Policy
from agent_core.sandbox.step_permissions import StepPermissions
from agent_core.tools.base import Tool
from agent_core.tools.sandboxed import SandboxedTool

MOST_REQUESTS = 64  # at once
_MOST_CONNECTING = 4  # at once: names are looked up in a few threads, for all chats
_MOST_LARGE = 2  # calls at once whose arguments take much memory
_MOST_HOSTS = 20  # named in a refusal
_CANCEL_SECONDS = 0.2
_OVER = "The step ended before the result came."

Request = CallMessage | AskMessage | ConnectMessage


@dataclass(frozen=True)
class Response:
    """A reply to the worker.

    Attributes:
        frame: The reply as bytes.
        connection: A socket to send with it and to close afterwards; None for none.
    """

    frame: bytes
    connection: socket.socket | None = None


class GuestRequests:
    """The requests of one step.

    Args:
        tools: The tools that may be called.
        policy: What the code may do without asking.
        grants: Permissions given so far; new ones are added.
        emit: Takes the events of the requests.

    Attributes:
        tasks: The requests in flight.
    """

    def __init__(
        self, tools: Iterable[Tool], policy: Policy, grants: set[Grant], emit: Callable[[SandboxEvent], None]
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._hosts = policy.hosts
        self._grants = grants
        self._forward = emit
        self._permissions = StepPermissions(policy.ask, grants, self._emit)
        self._in_flight: dict[asyncio.Task[Response], int] = {}
        self._open: dict[str, ToolStarted | PermissionAsked] = {}
        self._id = uuid4().hex
        self._reported = 0
        self._room = asyncio.Semaphore(_MOST_LARGE)
        self._connecting = asyncio.Semaphore(_MOST_CONNECTING)
        self._temporary: list[socket.socket] = []  # connections that were allowed for this step only
        self._over = False

    @property
    def tasks(self) -> tuple[asyncio.Task[Response], ...]:
        return tuple(self._in_flight)

    def start(self, message: Request) -> None:
        """Start to serve a request."""
        task = asyncio.create_task(self._serve(message))
        task.add_done_callback(_retrieve)
        self._in_flight[task] = message.id

    async def allow_more_time(self, so_far: str) -> bool:
        """Return whether the step may go on; ask if need be. The code does not wait for it, as for the `tasks`.

        Args:
            so_far: How long the step has run.
        """
        return await self._permissions.allow("more_time", so_far)

    def take_finished(self) -> list[Response]:
        """Return the replies that are ready since the last call."""
        ended = [task for task in self._in_flight if task.done()]
        return [_outcome(task, self._in_flight.pop(task)) for task in ended]

    def emit_used(self, message: UsedMessage) -> None:
        """Emit events for a tool whose code runs in the worker. The worker may lie about it; nothing depends on it."""
        call_id = f"{self._id}-{message.call}"
        if message.seconds is not None:
            if call_id in self._open:
                self._emit(ToolFinished(call_id, message.tool, message.seconds, message.error))
        elif isinstance(self._tools.get(message.tool), SandboxedTool) and self._reported < MOST_REPORTED_CALLS:
            self._reported += 1
            self._emit(ToolStarted(call_id, message.tool, message.arguments))

    async def cancel(self) -> list[Response]:
        """Cancel the requests in flight and return replies to them. A tool that does not end soon runs on unheeded."""
        self._permissions.close()
        self._close_temporary()
        for task in self._in_flight:
            task.cancel()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=_CANCEL_SECONDS)
        numbers, self._in_flight = list(self._in_flight.values()), {}
        for event in list(self._open.values()):
            self._emit(_ending_of(event))
        self._over = True
        return [Response(reply(number, error=_OVER)) for number in numbers]

    def _close_temporary(self) -> None:
        for connection in self._temporary:
            with connection, suppress(OSError):  # the other side has closed it
                connection.shutdown(socket.SHUT_RDWR)
        self._temporary.clear()

    def _emit(self, event: SandboxEvent) -> None:
        if self._over:
            return
        match event:
            case ToolStarted(call_id=name) | PermissionAsked(request_id=name):
                self._open[name] = event
            case ToolFinished(call_id=name) | PermissionAnswered(request_id=name):
                self._open.pop(name, None)
        self._forward(event)

    async def _serve(self, message: Request) -> Response:
        if len(self._in_flight) > MOST_REQUESTS:
            return Response(reply(message.id, error=f"{MOST_REQUESTS} requests are going on already; wait for some."))
        return await self._answer(message)

    async def _answer(self, message: Request) -> Response:
        match message:
            case CallMessage():
                allow = self._permissions.allow
                return Response(await call_tool(self._tools, message, self._emit, allow, self._room))
            case AskMessage():
                return Response(reply(message.id, value=await self._permissions.allow("import", message.module)))
            case ConnectMessage():
                return await answering(message, self._connect(message))

    async def _connect(self, message: ConnectMessage) -> Response:
        name = connections.host_name(message.host, message.port)
        listed = allows(self._hosts, message.host, message.port)
        if not listed and not await self._permissions.allow("host", name):
            return _refused(message, "denied", self._denial(name))
        return await self._connected(message, lasts=listed or ("host", name) in self._grants)

    async def _connected(self, message: ConnectMessage, *, lasts: bool) -> Response:
        """Make a connection that was allowed, for this step only or for longer. Raises NotPublic and OSError."""
        async with self._connecting:
            connection = await connections.connect(message.host, message.port, message.seconds)
        if not lasts:
            self._temporary.append(connection.dup())
        return Response(reply(message.id, value=_result("connected"), with_descriptor=True), connection)

    def _denial(self, name: str) -> str:
        """Return one line that says what was not allowed and what to do instead."""
        hosts = ", ".join(self._hosts[:_MOST_HOSTS]) + (" …" if len(self._hosts) > _MOST_HOSTS else "")
        allowed = f"Allowed: {hosts}." if hosts else "No host is allowed."
        instead = " Use the tools to read web pages." if self._tools else ""
        return f"Connecting to {name} was not allowed. {allowed}{instead}"


async def answering(message: ConnectMessage, connecting: Awaitable[Response]) -> Response:
    """Return the response to a request for a connection, also if that fails."""
    try:
        return await connecting
    except connections.NotPublic as error:
        return _refused(message, "denied", str(error))
    except socket.gaierror as error:
        return _refused(message, "unknown", error.strerror or "Name or service not known")
    except OSError as error:
        return _refused(message, "failed", error.strerror or "It failed", error.errno or errno.EHOSTUNREACH)


def _refused(message: ConnectMessage, outcome: str, sentence: str, number: int = 0) -> Response:
    return Response(reply(message.id, value=_result(outcome, sentence, number)))


def _result(outcome: str, message: str = "", number: int = 0) -> dict[str, Any]:
    return {"outcome": outcome, "message": message, "errno": number}


def _outcome(task: asyncio.Task[Response], number: int) -> Response:
    if task.cancelled():
        return Response(reply(number, error="The request was cancelled."))
    return task.result()


def _ending_of(event: ToolStarted | PermissionAsked) -> ToolFinished | PermissionAnswered:
    if isinstance(event, PermissionAsked):
        return PermissionAnswered(event.request_id, "deny")
    return ToolFinished(event.call_id, event.tool, 0.0, _OVER)


def _retrieve(task: asyncio.Task[Response]) -> None:
    """Retrieve a task's error, because asyncio logs errors that nobody retrieves, as after the end of a step."""
    if not task.cancelled():
        task.exception()
