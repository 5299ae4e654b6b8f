import gzip
import json
import tracemalloc
from typing import Any

import pytest

from agent_core.errors import ToolError
from tests.doubles.certificates import Authority
from tests.doubles.web_server import Handler, WebServer
from tools.address import PublicTransport
from tools.visit_webpage import PageReader, visit_webpage

HTML = """<!doctype html><html><head><title> A  page
about bread </title><style>p {color: red}</style><script>track()</script></head><body>
<nav><a href="/home">Home</a></nav>
<main><h1>Bread</h1><p>Mix <b>flour</b>, see <a href="../salt?x=1">salt</a> or <a href="mailto:a@b.c">write</a>.</p>
<img src="https://elsewhere.example/pixel.png?secret" alt="pixel">
<table><tr><th>Flour</th><th>Water</th></tr><tr><td>500 g</td><td>330 g</td></tr></table>
<pre><code class="language-python">def bake():
    return "snake_case * 2"
</code></pre></main><footer>All rights reserved</footer></body></html>"""


@pytest.fixture
def server():
    with WebServer() as running:
        yield running


class Loopback:
    """A reader for whom the test's server is the public web: every name but private.example leads to it."""

    def __init__(self, server: WebServer, **limits: Any) -> None:
        self.port = server.server_address[1]
        self.reader = PageReader(transport=self._transport, **limits)

    async def visit(self, path: str, host: str = "site.example", scheme: str = "http"):
        return await self.reader.visit_webpage(f"{scheme}://{host}:{self.port}{path}")

    def _transport(self) -> PublicTransport:
        return PublicTransport(resolve=self._resolve, is_allowed=lambda address: address == "127.0.0.1")

    async def _resolve(self, host: str) -> list[str]:
        if host == "unknown.example":
            raise OSError("no such name")
        return ["10.0.0.1"] if host == "private.example" else ["127.0.0.1"]


async def test_html_becomes_markdown(server):
    server.serve("/food/bread", HTML, content_type="text/html; charset=utf-8")
    page = await Loopback(server).visit("/food/bread")
    base = f"http://site.example:{server.server_address[1]}"
    assert page.title == "A page about bread"
    assert page.url == f"{base}/food/bread"
    assert f"Mix **flour**, see [salt]({base}/salt?x=1) or write." in page.text
    assert "| Flour | Water |\n| --- | --- |\n| 500 g | 330 g |" in page.text
    assert '```python\ndef bake():\n    return "snake_case * 2"\n```' in page.text
    for noise in ("track()", "color: red", "Home", "All rights reserved", "pixel"):
        assert noise not in page.text


async def test_the_host_header_is_the_sites_own_name(server):
    server.serve("/", "hello", content_type="text/plain")
    await Loopback(server).visit("/", host="other.example")
    assert server.requests == [(f"other.example:{server.server_address[1]}", "/")]


async def test_links_follow_the_base_element(server):
    html = '<head><base href="https://cdn.example/docs/"></head><body><a href="intro">Intro</a></body>'
    server.serve("/", html, content_type="text/html")
    assert (await Loopback(server).visit("/")).text == "[Intro](https://cdn.example/docs/intro)"


async def test_malformed_links_become_text(server):
    html = '<head><base href="http://[bad"></head><body><a href="http://[worse">One</a> <a href="#top">Two</a></body>'
    server.serve("/", html, content_type="text/html")
    assert (await Loopback(server).visit("/")).text == "One Two"


async def test_plain_text_stays_as_it_is(server):
    server.serve("/a.csv", "x,y\n1,2\n", content_type="text/csv")
    assert (await Loopback(server).visit("/a.csv")).text == "x,y\n1,2"


async def test_json_is_indented(server):
    data = {"name": "Zoë", "sizes": [1, 2]}
    server.serve("/api", json.dumps(data), content_type="application/vnd.api+json")
    page = await Loopback(server).visit("/api")
    assert json.loads(page.text) == data
    assert '\n  "name": "Zoë"' in page.text


async def test_broken_or_deeply_nested_json_is_shown_as_text(server):
    server.serve("/broken", '{"a": ', content_type="application/json")
    server.serve("/deep", "[" * 100_000, content_type="application/json")
    assert (await Loopback(server).visit("/broken")).text == '{"a":'
    assert (await Loopback(server).visit("/deep")).text.startswith("[[[")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>Größe €".encode(), "text/html; charset=utf-8"),
        ("<p>Größe €".encode("windows-1252"), "text/html; charset=windows-1252"),
        (b'<meta charset="windows-1252">' + "<p>Größe €".encode("windows-1252"), "text/html"),
        ("Größe €".encode("utf-16"), "text/plain"),
        ("Größe €".encode(), "text/plain; charset=no-such-thing"),
        ("Größe €".encode(), "text/plain; charset=ascii"),
        ("Größe €".encode("windows-1252"), "text/plain; charset=utf-8"),
        ("\ufeffGröße €".encode(), "text/plain; charset=iso-8859-1"),
    ],
)
async def test_the_charset_is_found_even_where_the_server_is_wrong(server, body, content_type):
    server.serve("/", body, content_type=content_type)
    assert (await Loopback(server).visit("/")).text == "Größe €"


@pytest.mark.parametrize("charset", ["punycode", "idna"])
async def test_a_charset_that_would_take_hours_is_not_used(server, charset):
    server.serve("/", b"xn--" + b"a" * 1_600_000 + b"-" + b"a" * 300_000, content_type=f"text/plain; charset={charset}")
    assert (await Loopback(server).visit("/")).text.startswith("xn--aaaa")


async def test_one_bad_byte_does_not_spoil_a_page(server):
    server.serve("/", "äöü ".encode() * 10 + b"\xff", content_type="text/plain; charset=utf-8")
    assert (await Loopback(server).visit("/")).text.startswith("äöü äöü")


async def test_a_page_without_a_content_type_is_recognised(server):
    server.serve("/", "<!DOCTYPE html><title>T</title><body><h1>Bread</h1>")
    page = await Loopback(server).visit("/")
    assert (page.title, page.text) == ("T", "# Bread")


async def test_long_text_is_cut_and_says_so(server):
    server.serve("/", "a" * 1500, content_type="text/plain")
    page = await Loopback(server, max_characters=1000).visit("/")
    assert page.text == "a" * 1000 + "\n\n[Cut here: 500 more characters.]"


async def test_redirects_are_followed(server):
    server.redirect("/old", "/newer")
    server.redirect("/newer", f"http://moved.example:{server.server_address[1]}/new")
    server.serve("/new", "here", content_type="text/plain")
    page = await Loopback(server).visit("/old")
    assert page.text == "here"
    assert page.url.startswith("http://moved.example:")


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://private.example/admin", "not on the public web"),
        ("http://name:hunter2@site.example/", "password"),
        ("file:///etc/passwd", "starts with http"),
        ("ftp://site.example/", "starts with http"),
    ],
)
async def test_a_redirect_is_checked_like_any_address(server, location, message):
    server.redirect("/", location)
    with pytest.raises(ToolError, match=message) as caught:
        await Loopback(server).visit("/")
    assert "hunter2" not in str(caught.value)
    assert len(server.requests) == 1


async def test_a_name_that_changes_its_address_gains_nothing(server):
    answers = iter([["127.0.0.1"]])

    async def once(host: str) -> list[str]:
        return next(answers)  # a second look-up would fail

    reader = PageReader(transport=lambda: PublicTransport(resolve=once, is_allowed=lambda address: True))
    server.serve("/", "hello", content_type="text/plain")
    assert (await reader.visit_webpage(f"http://site.example:{server.server_address[1]}/")).text == "hello"


async def test_the_next_address_is_tried_when_one_does_not_answer(server):
    async def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]  # the server listens on the second

    reader = PageReader(transport=lambda: PublicTransport(resolve=two, is_allowed=lambda address: True))
    server.serve("/", "hello", content_type="text/plain")
    assert (await reader.visit_webpage(f"http://site.example:{server.server_address[1]}/")).text == "hello"


async def test_a_redirect_loop_ends(server):
    server.redirect("/", "/")
    with pytest.raises(ToolError, match="redirects too often"):
        await Loopback(server).visit("/")
    assert len(server.requests) == 6


async def test_a_gzip_bomb_stops_at_the_limit(server):
    bomb = gzip.compress(b"0" * 100_000_000)
    server.serve("/", bomb, content_type="text/plain", content_encoding="gzip")
    tracemalloc.start()
    page = await Loopback(server, max_bytes=1_000_000, max_characters=2_000_000).visit("/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page.text.startswith("0" * 1_000_000 + "\n\n[The page is very large")
    assert peak < 20_000_000


async def test_an_endless_page_stops_at_the_limit(server):
    def endless(handler: Handler) -> None:
        handler.reply(b"", content_type="text/plain")
        while not handler.server.closing.is_set():
            handler.wfile.write(b"0" * 10_000)

    server.routes["/"] = endless
    page = await Loopback(server, max_bytes=100_000, max_characters=200_000).visit("/")
    assert page.text.startswith("0" * 100_000 + "\n\n[The page is very large")


async def test_a_compressed_page_is_read(server):
    server.serve("/", gzip.compress(b"hello"), content_type="text/plain", content_encoding="gzip")
    assert (await Loopback(server).visit("/")).text == "hello"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_data_that_cannot_be_unpacked_is_an_error(server, encoding):
    server.serve("/", b"not packed at all", content_type="text/plain", content_encoding=encoding)
    with pytest.raises(ToolError, match="cannot be read"):
        await Loopback(server).visit("/")


async def test_the_text_of_very_deep_html_is_found(server):
    server.serve("/", "<p>top</p>" + "<div>" * 1000 + "deep", content_type="text/html")
    assert (await Loopback(server).visit("/")).text == "top\ndeep"


async def test_html_that_is_deep_out_of_malice_is_no_crash(server):
    server.serve("/", "<p>top</p>" + "<div>" * 100_000, content_type="text/html")
    assert (await Loopback(server).visit("/")).text == "top"


async def test_a_server_that_hangs_is_left(server):
    server.routes["/"] = lambda handler: handler.server.closing.wait() and None
    with pytest.raises(ToolError, match=r"longer than 0\.3 seconds"):
        await Loopback(server, seconds=0.3).visit("/")


async def test_a_server_that_drips_is_left(server):
    def drip(handler: Handler) -> None:
        handler.reply(b"", content_type="text/plain")
        while not handler.server.closing.wait(0.05):
            handler.wfile.write(b".")

    server.routes["/"] = drip
    with pytest.raises(ToolError, match=r"longer than 0\.5 seconds"):
        await Loopback(server, seconds=0.5).visit("/")


@pytest.mark.parametrize(("status", "name"), [(404, "404 Not Found"), (403, "403 Forbidden"), (503, "503 Service")])
async def test_an_error_status_is_named(server, status, name):
    server.serve("/", "sorry", status=status, content_type="text/html")
    with pytest.raises(ToolError, match=f"answered {name}.*try another page"):
        await Loopback(server).visit("/")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/zip", "application/octet-stream"])
async def test_what_is_not_text_is_named(server, kind):
    server.serve("/", b"\x00\x01", content_type=kind)
    with pytest.raises(ToolError, match=f"is {kind}, not a page of text"):
        await Loopback(server).visit("/")


async def test_a_page_without_text_is_an_error(server):
    server.serve("/", "<body><div id=app></div><script>render()</script></body>", content_type="text/html")
    with pytest.raises(ToolError, match="has no text"):
        await Loopback(server).visit("/")


async def test_a_connection_that_breaks_off_is_an_error(server):
    server.serve("/", b"short", content_type="text/plain", content_length="1000")
    with pytest.raises(ToolError, match="broke off"):
        await Loopback(server).visit("/")


async def test_a_name_that_does_not_exist_is_an_error(server):
    with pytest.raises(ToolError, match=r"No site was found under the name 'unknown\.example'"):
        await Loopback(server).visit("/", host="unknown.example")


async def test_a_closed_port_is_an_error():
    with WebServer() as closed:
        loopback = Loopback(closed)
    with pytest.raises(ToolError, match="could not be reached"):
        await loopback.visit("/")


async def test_a_certificate_that_nobody_vouches_for_is_an_error(tmp_path):
    with WebServer(Authority(tmp_path).server_context("site.example")) as server:
        with pytest.raises(ToolError, match="no valid certificate"):
            await Loopback(server).visit("/", scheme="https")
        assert server.requests == []


async def test_a_certificate_is_checked_against_the_sites_name(tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    with WebServer(authority.server_context("site.example")) as server:
        server.serve("/", "hello", content_type="text/plain")
        assert (await Loopback(server).visit("/", scheme="https")).text == "hello"
        with pytest.raises(ToolError, match="no valid certificate"):
            await Loopback(server).visit("/", scheme="https", host="other.example")


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com/x", "http://", "", "http://0177.0.0.1/"])
async def test_what_is_no_web_address_is_an_error(url):
    with pytest.raises(ToolError, match="starts with http"):
        await visit_webpage.call({"url": url})


async def test_the_public_tool_refuses_loopback_and_ignores_proxies(server, monkeypatch):
    address = f"http://127.0.0.1:{server.server_address[1]}"
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, address)
    server.serve("/", "secret", content_type="text/plain")
    with pytest.raises(ToolError, match="not on the public web"):
        await visit_webpage.call({"url": f"{address}/"})
    assert server.requests == []


def test_the_stub_names_the_result():
    stub = visit_webpage.stub()
    assert stub.startswith("def visit_webpage(url: str) -> Page:")
    assert "title, url and text" in stub
    assert len(visit_webpage.description) < 200
