"""What a web address leads to, however it is written."""

import pytest

from agent_core.errors import ToolError
from agent_core.net.urls import (
    host_and_port,
    host_of,
    is_loopback,
    origin_of,
    path_of,
    same_host,
    same_origin,
    shown_host,
    site_of,
)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://Example.org/a", "example.org", 443),
        (" http://example.org:8080 ", "example.org", 8080),
        ("http://0x7f.1/", "127.0.0.1", 80),
        ("http://[::ffff:127.0.0.1]/", "127.0.0.1", 80),
        ("https://stra\u00dfe.example/", "xn--strae-oqa.example", 443),
    ],
)
def test_host_and_port(url, host, port):
    assert host_and_port(url) == (host, port)


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "https://", "http://[::"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ToolError, match="is not an address that"):
        host_and_port(url)
    assert not same_origin(url, url)


@pytest.mark.parametrize(
    "url", ["", "owner/name", "http://[", "http://[::", "https://a b/", "http://\ud800/", "http://a:b"]
)
def test_nothing_that_is_no_web_address_has_a_host(url: str):
    assert (host_of(url), shown_host(url), is_loopback(url)) == ("", "", False)


def test_what_people_are_shown_of_an_address():
    assert shown_host("https://name:secret@Example.org:443/key") == "example.org"
    assert shown_host("http://example.org:8080/key") == "example.org:8080"
    assert shown_host("http://[::1]:8080/key") == "[::1]:8080"
    assert host_of("http://example.org:8080/key") == "example.org"
    assert path_of("https://example.org/a%20b.csv?key=1#top") == "/a b.csv"
    assert path_of("example.org/a") == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *(("http://localhost:8000/", True), ("http://127.0.0.1", True), ("http://[::1]:80", True)),
        *(("http://127.1/", True), ("http://localhost.example.org", False), ("http://192.168.0.1", False)),
    ],
)
def test_the_machine_itself(url: str, expected: bool):
    assert is_loopback(url) is expected


def test_origins_and_hosts():
    assert origin_of("https://example.org:8080/a?b") == "https://example.org:8080"
    assert same_origin("https://example.org:443/a", "https://EXAMPLE.org/b")
    assert not same_origin("https://example.org", "http://example.org")
    assert same_host("https://www.example.org", "http://example.org:80/")


@pytest.mark.parametrize(
    ("host", "site"),
    [
        *(("example.org", "example.org"), ("a.b.example.org", "example.org"), ("localhost", "localhost")),
        *(("www.example.co.uk", "example.co.uk"), ("a.b.example.com.au", "example.com.au"), ("co.uk", "co.uk")),
        *(("a.co.example", "co.example"), ("a.example.uk", "example.uk"), ("a.b.co.org", "co.org")),
        *(("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1")),
    ],
)
def test_a_site_is_what_one_owner_may_have(host: str, site: str):
    assert site_of(host) == site
