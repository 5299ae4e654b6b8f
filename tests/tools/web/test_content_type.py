import pytest

from tests.tools.loopback import Loopback
from tools.web.content_type import content_type_of

HTML = b"<!DOCTYPE html><title>T</title><body><h1>Bread</h1>"


@pytest.mark.parametrize("content_type", ["", "text/html", "text/plain", "application/octet-stream", "application/pdf"])
async def test_html_is_read_as_html_whatever_the_server_calls_it(server, content_type):
    server.serve("/", HTML, **({"content_type": content_type} if content_type else {}))
    page = await Loopback(server).visit("/")
    assert (page.title, page.text, page.media_type) == ("T", "# Bread", "text/html")


@pytest.mark.parametrize(
    ("start", "media_type", "url", "kind"),
    [
        (b"%PDF-1.4\n%\xe2", "text/html", "", "pdf"),
        (b"\n\n%PDF-1.4", "application/octet-stream", "", "pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "text/html", "", "image"),
        (b"\xff\xd8\xff\xe0\0", "image/png", "", "image"),
        (b'{"a": 1}', "text/html", "", "json"),
        (b'{"a": 1}', "application/vnd.api+json", "", "json"),
        (b"[1, 2]", "text/plain", "https://x.example/data.json?v=1", "json"),
        (b"[1, 2] is a list", "text/plain", "https://x.example/notes", "text"),
        (b"a,b\n1,2", "text/csv", "", "csv"),
        (b"a,b\n1,2", "application/octet-stream", "https://x.example/t.csv", "csv"),
        (b"# Bread", "text/plain", "https://x.example/README.md", "markdown"),
        (b"<?xml version='1.0'?><rss>", "text/html", "", "xml"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "application/xhtml+xml", "", "html"),
        (b"<!-- saved --> <html>", "text/plain", "", "html"),
        (b"MZ is a moped", "text/plain", "", "text"),
        (b"ID3 tags explained", "text/html", "", "html"),
        (b"\0\0\0\x1cftypavif\0\0", "image/avif", "", "image"),
        (b"a fragment <b>of</b> html", "text/html", "", "html"),
        ("\ufeffGröße".encode("utf-16"), "text/plain", "", "text"),
        (bytes(range(256)), "text/html", "", "binary"),
    ],
)
def test_the_beginning_counts_more_than_the_servers_word(start, media_type, url, kind):
    assert content_type_of(start, media_type, url) == kind
