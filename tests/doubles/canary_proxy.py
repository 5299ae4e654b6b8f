"""A proxy on loopback that stands for all the world: it notes what would have been sent where, and refuses it.

It ends the TLS connections itself, so that it sees the headers, for hosts whose names its certificate has.
"""

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_REFUSAL = json.dumps({"error": {"message": "who are you?", "type": "error", "code": "401"}}).encode()


@dataclass(frozen=True)
class Sent:
    """A request. place: as "example.org:443". headers: by their names in lower case."""

    place: str
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Handler(BaseHTTPRequestHandler):
    """One connection to the proxy: CONNECT, the TLS handshake, then the requests meant for the host."""

    server: "CanaryProxy"  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes this handler
    protocol_version = "HTTP/1.1"
    timeout = 20
    place = ""

    def do_CONNECT(self) -> None:
        self.place = self.path
        self.server.places.add(self.place)
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.places.add(self.place or self.path)  # plain http: the path is a whole address
        self.server.sent.append(Sent(self.place, self.path, headers, body))
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_REFUSAL)))
        self.send_header("Connection", "close")  # each test has an event loop of its own, some clients live longer
        self.end_headers()
        self.wfile.write(_REFUSAL)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what matters."""


class CanaryProxy(ThreadingHTTPServer):
    """The proxy, on a port that the system chose. sent: the requests. places: whatever was to be connected to."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tls = tls
        self.sent: list[Sent] = []
        self.places: set[str] = set()

    @property
    def url(self) -> str:
        """The proxy's address, for a client's settings."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client does not believe the certificate: that host is among the places."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
