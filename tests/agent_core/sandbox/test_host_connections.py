"""The host's part of the network: what is asked about, what the policy lists, and where connections go."""

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent_core.net.host_allowlist import allows
from agent_core.sandbox.host import connections
from agent_core.sandbox.host.connections import NotPublic, connect, host_name
from tests.agent_core.sandbox.names import PRIVATE, PUBLIC, Names, stand_in

NO_HOST = [
    *("", ".", "a..b", "a b", "a/b", "user@example.org", "*.example.org", "[::1]", "::1::", "1.1.1.1 2"),
    *("example.org\n", "example.org\0", "\ud800", "\u202eexample.org", "a" * 64, "a." * 200 + "a"),
]
NOT_PUBLIC = {
    "by name": ["localhost", "LOCALHOST.", "a.localhost"],
    "IPv4": ["127.0.0.1", "10.0.0.1", "169.254.169.254", "１２７.0.0.1"],
    "short": ["127.1", "0"],
    "decimal": ["2130706433", "2852039166"],
    "hexadecimal": ["0x7f000001", "0x7f.0x0.0x0.0x1"],
    "octal": ["0177.0.0.1", "017700000001"],
    "IPv6": ["::1", "::", "fd00::1", "fe80::1%eth0", "2606:4700::1111%eth0"],
    "IPv4 in IPv6": ["::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1"],
    "6to4": ["2002:7f00:1::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe"],
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return stand_in(monkeypatch)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((PUBLIC, 0)) as listening:
        yield listening


def port_of(server: socket.socket) -> int:
    return server.getsockname()[1]


@contextmanager
def silent(address: str, port: int = 0) -> Iterator[int]:
    """The port of a server that answers no connection: its queue is full."""
    with (
        socket.create_server((address, port), backlog=0) as listening,
        socket.create_connection(listening.getsockname()),
    ):
        yield port_of(listening)


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        ("example.org", 80, "example.org"),
        ("example.org", 443, "example.org"),
        ("example.org", 8080, "example.org:8080"),
        ("Example.ORG.", 443, "example.org"),
        ("_dmarc.example.org", 443, "_dmarc.example.org"),
        ("bücher.example", 443, "xn--bcher-kva.example"),
        ("пример。example", 443, "xn--e1afmkfd.example"),
        ("1.1.1.1", 443, "1.1.1.1"),
        ("16843009", 443, "1.1.1.1"),
        ("0x1.0x1.257", 8080, "1.1.1.1:8080"),
        ("2606:4700:0:0::1111", 443, "2606:4700::1111"),
        ("2606:4700::1111", 8443, "[2606:4700::1111]:8443"),
        ("::ffff:1.1.1.1", 443, "1.1.1.1"),
    ],
)
def test_a_person_is_asked_about_one_form_of_a_host(host: str, port: int, name: str):
    assert host_name(host, port) == name


@pytest.mark.parametrize("host", NO_HOST)
def test_what_cannot_be_a_host_is_unknown(host: str):
    with pytest.raises(socket.gaierror):
        host_name(host, 443)


@pytest.mark.parametrize("host", [host for group in NOT_PUBLIC.values() for host in group])
async def test_an_address_that_is_not_public_is_refused_however_it_is_written(host: str):
    with pytest.raises(NotPublic, match="not on the public internet"):
        host_name(host, 443)
    with pytest.raises(NotPublic, match="not on the public internet"):
        await connect(host, 443, None)


@pytest.mark.parametrize(
    ("entry", "listed", "other"),
    [
        ("example.org", ["example.org:443", "Example.org.:80"], ["example.org:8080", "a.example.org:443"]),
        ("Example.ORG. ", ["example.org:443"], ["example.com:443", "badexample.org:443"]),
        ("example.org:8080", ["example.org:8080"], ["example.org:443", "example.org:80"]),
        ("example.org:443", ["example.org:443"], ["example.org:80"]),
        ("*.example.org", ["a.example.org:443", "a.b.example.org:80"], ["example.org:443", "a.example.org:8080"]),
        ("*.example.org:8080", ["a.example.org:8080"], ["a.example.org:443", "badexample.org:8080"]),
        ("bücher.example", ["xn--bcher-kva.example:443", "BÜCHER.example:443"], ["bucher.example:443"]),
        ("1.1.1.1", ["1.1.1.1:443", "16843009:443"], ["1.1.1.11:443"]),
        ("2606:4700::1111", ["2606:4700:0::1111:443"], ["2606:4700:0::1111:8080"]),
        ("[2606:4700::1111]:8080", ["2606:4700::1111:8080"], ["2606:4700::1111:443"]),
        ("*", ["example.org:443", "1.1.1.1:25", "2606:4700::1111:8080"], []),
        ("", [], ["example.org:443"]),
        ("https://example.org/", [], ["example.org:443"]),
        ("*.", [], ["example.org:443"]),
    ],
)
def test_entries_of_a_policy(entry: str, listed: list[str], other: list[str]):
    for place in listed + other:
        host, _, port = place.rpartition(":")
        assert allows(["first.example", entry], host, int(port)) == (place in listed), place


@pytest.mark.parametrize(("host", "port"), [("example.org", 443), ("example.org", 25), ("2606:4700::1111", 8080)])
def test_what_a_person_was_asked_about_is_an_entry(host: str, port: int):
    assert allows([host_name(host, port)], host, port)
    assert not allows([host_name(host, port)], host, 1 + port)


async def test_a_connection(server: socket.socket, names: Names):
    names.set("example.org", [PUBLIC])
    with await connect("Example.org.", port_of(server), None) as connection:
        assert connection.getpeername() == server.getsockname()
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not connection.getblocking()
        assert not connection.get_inheritable()


async def test_one_private_answer_among_public_ones(server: socket.socket, names: Names):
    names.set("example.org", [PUBLIC, PRIVATE])
    with pytest.raises(NotPublic, match=r"'example\.org' is not on the public internet"):
        await connect("example.org", port_of(server), None)
    assert not select.select([server], [], [], 0)[0]


async def test_a_name_is_looked_up_once(server: socket.socket, names: Names):
    names.set("example.org", [PUBLIC], [PRIVATE])
    with await connect("example.org", port_of(server), None) as connection:
        assert connection.getpeername()[0] == PUBLIC
    assert names.lookups == ["example.org"]
    with pytest.raises(NotPublic):
        await connect("example.org", port_of(server), None)


async def test_the_next_address_is_tried(server: socket.socket, names: Names, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "is_public", lambda _: True)
    names.set("example.org", [PRIVATE, "::1", PUBLIC])
    with await connect("example.org", port_of(server), None) as connection:
        assert connection.getpeername()[0] == PUBLIC


async def test_a_silent_address_leaves_time_for_the_next(
    server: socket.socket, names: Names, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "is_public", lambda _: True)
    names.set("example.org", [PRIVATE, PUBLIC])
    with silent(PRIVATE, port_of(server)), await connect("example.org", port_of(server), 1.0) as connection:
        assert connection.getpeername()[0] == PUBLIC


@pytest.mark.parametrize("seconds", [0.0, 0.2])
async def test_time_is_limited(names: Names, seconds: float):
    names.set("example.org", [PUBLIC])
    with silent(PUBLIC) as port, pytest.raises(TimeoutError) as caught:
        await connect("example.org", port, seconds)
    assert str(caught.value) == "[Errno 110] Connection timed out"


async def test_a_refused_connection(server: socket.socket, names: Names):
    names.set("example.org", [PUBLIC])
    port = port_of(server)
    server.close()
    with pytest.raises(ConnectionRefusedError) as caught:
        await connect("example.org", port, None)
    assert str(caught.value) == "[Errno 111] Connection refused"


@pytest.mark.parametrize("addresses", [None, []])
async def test_an_unknown_name(names: Names, addresses: list[str] | None):
    if addresses is not None:
        names.set("example.org", addresses)
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        await connect("example.org", 443, None)
