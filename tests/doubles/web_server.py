"""A web server on loopback, for the tool that opens pages: a test says what each path answers."""

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Route = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request. `server` is the WebServer; a route answers by `reply`, or writes to `wfile` itself."""

    server: "WebServer"  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes this handler

    def do_GET(self) -> None:
        self.server.requests.append((self.headers["Host"], self.path))
        route = self.server.routes.get(self.path)
        if route:
            route(self)
        else:
            self.reply(b"nothing here", status=404)

    do_POST = do_OPTIONS = do_HEAD = do_GET

    def reply(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        """Answer at once. headers: with _ for -, as in content_type."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what matters."""


class WebServer(ThreadingHTTPServer):
    """The server, listening on a port that the system chose. requests: the (Host header, path) pairs it was asked for.

    closing: set when the test is over, for routes that wait.
    """

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Route] = {}
        self.requests: list[tuple[str, str]] = []
        self.closing = threading.Event()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def serve(self, path: str, body: bytes | str, *, status: int = 200, **headers: str) -> None:
        """Answer a path with this body."""
        data = body.encode() if isinstance(body, str) else body
        self.routes[path] = lambda handler: handler.reply(data, status=status, **headers)

    def redirect(self, path: str, location: str) -> None:
        """Answer a path with a redirect."""
        self.serve(path, b"", status=302, location=location)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client leaves early: that is what limits are for."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
