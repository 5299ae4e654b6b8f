"""An MCP server on loopback, made with the real library, whose answers a test can replace.

    with McpDouble() as double:
        server = McpServer(double.url)

What was asked is in `double.requests`. `double.results` holds, by a method's name, what is answered in its stead:
a function of the request's params that gives the result; `double.errors` the message of an error instead.
`double.answer` answers everything, as one that is no MCP server would.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from mcp import types
from mcp.server.fastmcp import Context, FastMCP, Image
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import TypedDict

PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Forecast(TypedDict):
    city: str
    degrees: list[float]


@dataclass(frozen=True)
class Answer:
    """What the server says as it stands."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/html"})


@dataclass(frozen=True)
class Asked:
    """A request as it came. body: of a POST."""

    method: str
    headers: dict[str, str]
    body: dict[str, Any]


class McpDouble:
    """The server. stop, start: as when it is restarted, on the same port."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.results: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.errors: dict[str, str] = {}
        self.answer: Answer | None = None
        self.waiting = threading.Event()  # a call of `wait` goes on
        self.cancelled = threading.Event()  # one was cancelled
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/mcp"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.app = FastMCP("double", log_level="CRITICAL")
        _add_tools(self.app, self)
        self._inner = self.app.streamable_http_app()
        config = uvicorn.Config(self._serve, "127.0.0.1", self._port, log_level="critical", interface="asgi3")
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, daemon=True)
        self._thread.start()
        while self._thread.is_alive() and not self._uvicorn.started:
            self._thread.join(0.01)

    def stop(self) -> None:
        self._uvicorn.should_exit = self._uvicorn.force_exit = True
        self._thread.join()

    def reset(self) -> None:
        """Be as at the start."""
        self.requests.clear()
        self.results.clear()
        self.errors.clear()
        self.answer = None
        self.waiting.clear()
        self.cancelled.clear()

    def describe(self, name: str, description: str) -> None:
        """Change what is said of a tool."""
        self.app._tool_manager._tools[name].description = description

    def asked(self, method: str) -> list[Asked]:
        """The requests for a method of MCP."""
        return [asked for asked in self.requests if asked.body.get("method") == method]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        message = await receive() if scope["method"] == "POST" else None
        while message and message.get("more_body"):
            more = await receive()
            message = {**more, "body": message["body"] + more["body"]}
        body = json.loads(message["body"]) if message else {}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append(Asked(scope["method"], headers, body))
        if answer := self.answer or self._replaced(body):
            await _send(answer, send)
            return

        async def again() -> Message:
            nonlocal message
            given, message = message, None
            return given or await receive()

        await self._inner(scope, again, send)

    def _replaced(self, body: dict[str, Any]) -> Answer | None:
        method = body.get("method", "")
        if message := self.errors.get(method):
            reply: dict[str, Any] = {"error": {"code": -32000, "message": message}}
        elif result := self.results.get(method):
            reply = {"result": result(body.get("params", {}))}
        else:
            return None
        reply |= {"jsonrpc": "2.0", "id": body.get("id")}
        return Answer(body=json.dumps(reply).encode(), headers={"content-type": "application/json"})


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _add_tools(app: FastMCP, double: McpDouble) -> None:
    @app.tool()
    def echo(text: str) -> str:
        """Give the text back."""
        return text

    @app.tool(name="get-weather")
    def weather(city: str, days: int = 3) -> Forecast:
        """Tell the weather."""
        return {"city": city, "degrees": [20.0] * days}

    @app.tool()
    async def steps(count: int, context: Context) -> str:
        """Work in steps."""
        await context.report_progress(1, count)
        await context.report_progress(1, count, "Halfway through.")
        return "done"

    @app.tool()
    async def wait(seconds: float) -> str:
        """Wait."""
        double.waiting.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            double.cancelled.set()
            raise
        return "waited"

    @app.tool()
    def fail(message: str) -> str:
        """Fail."""
        raise ValueError(message)

    @app.tool()
    async def ask(context: Context) -> str:
        """Ask the client what it does not answer."""
        told = []
        for request in (
            types.ListRootsRequest(),
            types.ElicitRequest(params=types.ElicitRequestFormParams(message="?", requestedSchema={})),
        ):
            try:
                await context.session.send_request(types.ServerRequest(request), types.EmptyResult)
            except Exception as error:
                told.append(str(error))
        return ", ".join(told)

    @app.tool()
    async def announce(name: str, description: str, context: Context) -> str:
        """Change what is said of a tool, and tell it."""
        double.describe(name, description)
        await context.session.send_tool_list_changed()
        return "told"

    @app.tool(structured_output=False)
    def picture() -> Image:
        """Paint."""
        return Image(data=PIXEL, format="png")
