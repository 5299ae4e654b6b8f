"""Search engines on loopback: a CONNECT proxy that ends the TLS connection itself and answers as the engines would.

Its pages hold just the elements that ddgs looks for; the words in them are the test's.
"""

import json
import ssl
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

HOSTS = {
    "html.duckduckgo.com": "duckduckgo",
    "search.brave.com": "brave",
    "www.startpage.com": "startpage",
    "www.mojeek.com": "mojeek",
    "search.yahoo.com": "yahoo",
    "en.wikipedia.org": "wikipedia",
}
HIT = {
    "duckduckgo": '<div class="links body"><h2>{title}</h2><a href="{url}">{snippet}</a></div>',
    "brave": (
        '<div data-type="web"><a href="{url}"><div class="title">{title}</div></a>'
        '<div class="snippet"><div class="content">{snippet}</div></div></div>'
    ),
    "startpage": '<div class="result css-1"><a href="{url}"><h2>{title}</h2></a><p>{snippet}</p></div>',
    "mojeek": '<ul class="results"><li><h2><a href="{url}">{title}</a></h2><p class="s">{snippet}</p></li></ul>',
    "yahoo": (
        '<div class="relsrch"><div class="Title"><a href="{url}"><h3>{title}</h3></a></div>'
        '<div class="Text">{snippet}</div></div>'
    ),
}
NO_HITS = "<html><body><p>Nothing found.</p></body></html>"

Hit = dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """One connection to the proxy: CONNECT, the TLS handshake, then the requests meant for an engine."""

    server: "SearchProxy"  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes this handler
    protocol_version = "HTTP/1.1"
    engine = ""

    def do_CONNECT(self) -> None:
        self.engine = HOSTS[self.path.partition(":")[0]]
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.engine)
        self.server.paths.append(self.path)
        status, page = self.server.answer(self.engine, self.path)
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what matters."""


class SearchProxy(ThreadingHTTPServer):
    """The proxy, listening on a port that the system chose. asked, paths: the engines in the order they were asked,
    and for what.

    statuses: by engine, where it is not 200. hits: by engine, what it finds, as title, url and snippet.
    stalled: engines that never answer while the test lasts.
    """

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls = tls
        self.statuses: dict[str, int] = {}
        self.hits: dict[str, list[Hit]] = {}
        self.stalled: set[str] = set()
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """The proxy's address, for a client's settings."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, engine: str, path: str) -> tuple[int, str]:
        """The status and the page that an engine answers with."""
        if engine in self.stalled:
            self.closing.wait()
        hits = self.hits.get(engine, [])
        if engine == "wikipedia":
            return self.statuses.get(engine, 200), _wikipedia(path, hits)
        page = "".join(HIT[engine].format_map({name: escape(text) for name, text in hit.items()}) for hit in hits)
        return self.statuses.get(engine, 200), f"<html><body>{page}</body></html>" if page else NO_HITS

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client leaves early: some tests are about that."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


def _wikipedia(path: str, hits: list[Hit]) -> str:
    """Wikipedia's two requests: titles and addresses first, then the text of the first of them."""
    if "prop=extracts" in path:
        return json.dumps({"query": {"pages": {"1": {"extract": hits[0]["snippet"]}}}})
    return json.dumps(["", [hit["title"] for hit in hits], [], [hit["url"] for hit in hits]])
