"""`ask` as the tool of an MCP server."""

import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from agent_core import GlassboxError
from agent_core._version import __version__
from ui.api.ask_service import QUESTION, AskService, ReportProgress
from ui.config import Config
from ui.slots import Slot, Slots, TooMany
from ui.visitors import visitor_of, visitor_of_scope

TOKEN_HEADER = "x-hf-token"
MCP_PATH = "/gradio_api/mcp"  # where Gradio's own MCP server would be, so clients expect it here
_GET_REFUSED = "This is the address of an MCP server. Add it to the configuration of an MCP client."
_IDLE_SECONDS = 900.0  # without a request, after which a session ends
_CALLS = "glassbox.calls"
_slot: ContextVar[Slot] = ContextVar("slot")  # of the session that begins
_NAME = "ask"


class McpService:
    """The MCP server. Gradio's own does not end a call that is cancelled or whose client is gone."""

    def __init__(self, config: Config, answers: AskService) -> None:
        self._config = config
        self._answers = answers
        self._sessions = Slots(
            config.mcp_sessions_per_visitor,
            config.mcp_sessions,
            own_taken="input.mcp_clients",
            all_taken="input.all_mcp_clients",
        )
        self._server = Server("Glassbox", version=__version__, lifespan=self._session)
        self._server.list_tools()(self._list_tools)
        self._server.call_tool()(self._call)
        self._manager: StreamableHTTPSessionManager | None = None

    @property
    def route(self) -> Mount:
        """Where clients connect."""
        return Mount(MCP_PATH, self._serve)

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncGenerator[None]:
        """Serve while the app runs."""
        self._manager = StreamableHTTPSessionManager(
            self._server, max_sessions=None, session_idle_timeout=_IDLE_SECONDS
        )
        async with self._manager.run():
            yield

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, until it is answered or its client is gone."""
        assert self._manager is not None, "requests come while the app runs"
        if scope["method"] == "GET":  # a stream of notifications outside of calls; there are none
            return await PlainTextResponse(_GET_REFUSED, 405, {"allow": "POST, DELETE"})(scope, receive, send)
        scope[_CALLS] = set()
        try:
            if MCP_SESSION_ID_HEADER in Headers(scope=scope):
                await self._manager.handle_request(scope, receive, send)
            else:
                await self._open(scope, receive, send)
        finally:
            for call in scope[_CALLS].copy():
                call.cancel()

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request that begins a session, which holds a slot until it ends."""
        assert self._manager is not None, "requests come while the app runs"
        try:
            slot = self._sessions.take(visitor_of_scope(scope, self._config))
        except TooMany as error:
            return await PlainTextResponse(str(error), 429)(scope, receive, send)
        _slot.set(slot)
        status = 500

        async def send_and_look(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._manager.handle_request(scope, receive, send_and_look)
        finally:
            if status >= 400:  # no session began
                slot.leave()

    @asynccontextmanager
    async def _session(self, _: Any) -> AsyncGenerator[dict[str, Any]]:
        """Run a session, in the context of the request that began it."""
        try:
            yield {}
        finally:
            _slot.get().leave()

    async def _list_tools(self) -> list[types.Tool]:
        return [_tool(self._answers.summary)]

    async def _call(self, name: str, arguments: dict[str, Any]) -> list[types.TextContent]:
        """Answer a question. Errors raised here reach the client as errors of the tool."""
        if name != _NAME:
            raise GlassboxError(f"There is no tool {name[:80]!r} here, only {_NAME!r}.")
        request = self._server.request_context.request
        assert isinstance(request, Request), "it came over HTTP"
        token = request.headers.get(TOKEN_HEADER, "")
        visitor, calls = visitor_of(request, self._config), request.scope[_CALLS]
        text = await self._answers.answer(arguments["question"], token, self._progress_reporter(), calls, visitor)
        return [types.TextContent(type="text", text=text)]

    def _progress_reporter(self) -> ReportProgress:
        """Return a function that reports progress to the client of the current call, if it asked for that."""
        context, numbers = self._server.request_context, itertools.count(1)
        token = context.meta.progressToken if context.meta else None

        async def tell(text: str) -> None:
            if token is not None:
                number, request = next(numbers), str(context.request_id)
                await context.session.send_progress_notification(
                    token, number, message=text, related_request_id=request
                )

        return tell


def _tool(summary: str) -> types.Tool:
    return types.Tool(
        name=_NAME,
        description=summary,
        inputSchema={
            "type": "object",
            "properties": {"question": {"type": "string", "description": QUESTION}},
            "required": ["question"],
        },
        annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=True),
    )
