import gzip
import tracemalloc
import zlib

import pytest

from agent_core.errors import ToolError
from agent_core.net.certificates import certificates
from agent_core.net.transport import PublicTransport
from tests.doubles.certificates import Authority
from tests.doubles.web_server import Handler, WebServer
from tests.tools.loopback import Loopback
from tools.visit_webpage import PageReader, visit_webpage
from tools.web.download import Downloader


async def test_the_host_header_is_the_sites_own_name(server):
    server.serve("/", "hello", content_type="text/plain")
    await Loopback(server).visit("/", host="other.example")
    assert server.requests == [(f"other.example:{server.server_address[1]}", "/")]


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

    reader = PageReader(Downloader(transport=lambda: PublicTransport(resolve=once, is_allowed=lambda address: True)))
    server.serve("/", "hello", content_type="text/plain")
    assert (await reader.visit_webpage(f"http://site.example:{server.server_address[1]}/")).text == "hello"


async def test_the_next_address_is_tried_when_one_does_not_answer(server):
    async def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]  # the server listens on the second

    reader = PageReader(Downloader(transport=lambda: PublicTransport(resolve=two, is_allowed=lambda address: True)))
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
    loopback = Loopback(server)
    page = await loopback.visit("/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page.text.startswith("0000")
    assert "only its first 3,000,000 bytes were read" in (await loopback.visit("/", page=page.pages)).text
    assert peak < 40_000_000


async def test_an_endless_page_stops_at_the_limit(server):
    def endless(handler: Handler) -> None:
        handler.reply(b"", content_type="text/plain")
        while not handler.server.closing.is_set():
            handler.wfile.write(b"0" * 10_000)

    server.routes["/"] = endless
    loopback = Loopback(server)
    page = await loopback.visit("/")
    assert "only its first 3,000,000 bytes were read" in (await loopback.visit("/", page=page.pages)).text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello", wbits=-15)),
        ("identity", b"hello"),
    ],
)
async def test_a_compressed_page_is_read(server, encoding, body):
    server.serve("/", body, content_type="text/plain", content_encoding=encoding)
    assert (await Loopback(server).visit("/")).text == "hello"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_data_that_cannot_be_unpacked_is_an_error(server, encoding):
    server.serve("/", b"not packed at all", content_type="text/plain", content_encoding=encoding)
    with pytest.raises(ToolError, match="cannot be read"):
        await Loopback(server).visit("/")


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


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "answered 401 Unauthorized: it needs a login"),
        (403, "answered 403 Forbidden: it needs a login or does not let programs in"),
        (404, "answered 404 Not Found: there is no such page"),
        (410, "answered 410 Gone: there is no such page"),
        (418, "answered 418 .*try another page"),
        (429, "answered 429 .*: it was asked too often; .* again after 30 seconds"),
        (500, "answered 500 .*: the site has a fault of its own"),
        (503, "answered 503 .*: the site has a fault of its own"),
    ],
)
async def test_an_error_status_is_explained(server, status, message):
    server.serve("/", "sorry", status=status, content_type="text/html", retry_after="30")
    with pytest.raises(ToolError, match=message):
        await Loopback(server).visit("/")


@pytest.mark.parametrize("place", ["/login?next=/mine", "/accounts/sign-in/", "/welcome"])
async def test_a_page_behind_a_login_says_so(server, place):
    server.redirect("/mine", place)
    server.serve(place, '<h1>Welcome</h1><form><input name=n><input type="password"></form>', content_type="text/html")
    with pytest.raises(ToolError, match="needs a login"):
        await Loopback(server).visit("/mine")


async def test_a_login_page_itself_can_be_read(server):
    server.serve("/login", "<h1>Members</h1><p>Write to us for a password.</p>", content_type="text/html")
    assert "Write to us" in (await Loopback(server).visit("/login")).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"PK\x03\x04" + bytes(50), "a ZIP archive or an Office document"),
        (gzip.compress(b"archive"), "a compressed archive"),
        (b"\0\0\0\x20ftypisom" + bytes(50), "a video or a sound"),
        (b"\x7fELF" + bytes(50), "a program"),
        (bytes(range(256)), "application/x-unknown"),
    ],
)
async def test_what_cannot_be_read_is_named_and_not_downloaded(server, body, kind):
    def endless(handler: Handler) -> None:
        handler.reply(body + bytes(1024), content_type="application/x-unknown")
        while not handler.server.closing.is_set():
            handler.wfile.write(bytes(10_000))

    server.routes["/"] = endless
    with pytest.raises(ToolError, match=f"is {kind}, which this tool cannot read"):
        await Loopback(server).visit("/")


@pytest.mark.parametrize("start", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"])
async def test_what_cannot_be_cut_is_refused_at_its_limit(server, start):
    server.serve("/", start + bytes(200_000), content_type="text/plain")
    with pytest.raises(ToolError, match=r"is larger than 0\.1 MB"):
        await Loopback(server, most_bytes=100_000).visit("/")


@pytest.mark.parametrize("body", [b"", b"  \n "])
async def test_an_empty_page_is_an_error(server, body):
    server.serve("/", body, content_type="text/html")
    with pytest.raises(ToolError, match="is empty"):
        await Loopback(server).visit("/")


async def test_a_very_long_address_is_refused(server):
    with pytest.raises(ToolError, match="longer than 4,000 characters"):
        await Loopback(server).visit("/" + "a" * 4_000)
    assert server.requests == []


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


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """An authority whose certificates are taken."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    certificates.cache_clear()
    yield authority
    certificates.cache_clear()


async def test_a_certificate_is_checked_against_the_sites_name(authority):
    with WebServer(authority.server_context("site.example")) as server:
        server.serve("/", "hello", content_type="text/plain")
        assert (await Loopback(server).visit("/", scheme="https")).text == "hello"
        with pytest.raises(ToolError, match="no valid certificate"):
            await Loopback(server).visit("/", scheme="https", host="other.example")


@pytest.mark.parametrize(
    "url",
    [
        "example.com",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "data:text/html,hi",
        "http://",
        "",
        "http://0177.0.0.1/",
    ],
)
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
