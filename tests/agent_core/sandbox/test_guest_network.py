"""The network as code in the sandbox meets it: ordinary clients, and a person who decides about hosts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Policy, Sandbox
from agent_core.tools.base import Tool
from tests.agent_core.sandbox.clients import CLIENTS, TLS_CLIENTS, with_address
from tests.agent_core.sandbox.names import PRIVATE, PUBLIC, Names, stand_in
from tests.agent_core.sandbox.support import failure, value
from tests.doubles.certificates import Authority
from tests.doubles.web_server import WebServer
from tests.support import Person

LOOPBACK = [
    *("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"),
    *("[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::1]"),
]


def read(url: str) -> str:
    """Read a page."""
    return url


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = stand_in(monkeypatch)
    names.set("site.test", [PUBLIC])
    return names


@pytest.fixture
def site() -> Iterator[WebServer]:
    with WebServer() as server:
        server.serve("/", "hello")
        yield server


@pytest.fixture
def person() -> Person:
    return Person("once")


@pytest.fixture
async def box(names: Names, person: Person) -> AsyncIterator[Sandbox]:
    async with Sandbox(policy=Policy(imports=["*"], ask=person)) as box:
        yield box


def place(site: WebServer, host: str = "site.test") -> str:
    """A server under a name, as a person is asked about it."""
    return f"{host}:{site.server_address[1]}"


def get(place: str) -> str:
    return f"import requests\nrequests.get('http://{place}/').text"


@pytest.mark.parametrize("client", CLIENTS)
async def test_clients(box: Sandbox, site: WebServer, person: Person, client: str):
    assert await value(box, with_address(CLIENTS[client], place(site))) == "hello"
    assert person.names == [place(site)]


@pytest.mark.parametrize("client", TLS_CLIENTS)
async def test_clients_that_speak_tls(box: Sandbox, person: Person, tmp_path: Path, client: str):
    authority = Authority(tmp_path)
    (box.workspace / "trusted.pem").write_bytes(authority.ca_file.read_bytes())
    with WebServer(authority.server_context("site.test")) as site:
        site.serve("/", "hello")
        assert await value(box, with_address(TLS_CLIENTS[client], place(site), "https")) == "hello"
    assert person.names == [place(site)]


async def test_a_certificate_for_another_name_is_not_believed(box: Sandbox, tmp_path: Path):
    authority = Authority(tmp_path)
    (box.workspace / "trusted.pem").write_bytes(authority.ca_file.read_bytes())
    with WebServer(authority.server_context("other.test")) as site:
        site.serve("/", "hello")
        code = f"import requests\nrequests.get('https://{place(site)}/', verify='trusted.pem')"
        error = await failure(box, code)
    assert error.kind == "exception"
    assert "CERTIFICATE_VERIFY_FAILED" in error.message


async def test_once_is_for_the_step(box: Sandbox, site: WebServer, person: Person):
    await value(box, get(place(site)) + "\n" + get(place(site)))
    assert person.names == [place(site)]
    await value(box, get(place(site)))
    assert person.names == [place(site)] * 2


async def test_always_is_for_the_chat(box: Sandbox, site: WebServer, person: Person):
    person.decide("always")
    await value(box, get(place(site)))
    await value(box, get(place(site)))
    assert person.names == [place(site)]


async def test_each_host_is_asked_about(box: Sandbox, names: Names, site: WebServer, person: Person):
    names.set("other.test", [PUBLIC])
    await value(box, get(place(site)) + "\n" + get(place(site, "other.test")))
    assert person.names == [place(site), place(site, "other.test")]


@pytest.mark.parametrize("client", CLIENTS)
async def test_no(box: Sandbox, names: Names, site: WebServer, person: Person, client: str):
    person.decide("deny")
    error = await failure(box, with_address(CLIENTS[client], place(site)))
    assert error.kind == "host_denied"
    assert place(site) in error.message
    assert names.lookups == site.requests == []


async def test_without_anybody_to_ask_the_answer_is_no(box: Sandbox, site: WebServer):
    box.policy = Policy(imports=["*"])
    assert (await failure(box, get(place(site)))).kind == "host_denied"
    assert site.requests == []


async def test_a_denial_can_be_caught(box: Sandbox, site: WebServer, person: Person):
    person.decide("deny")
    code = f"import socket\ntry:\n    socket.create_connection(('site.test', {site.server_address[1]}))\n"
    assert (
        await value(box, code + "except ConnectionError as error:\n    name = type(error).__name__\nname")
        == "HostDenied"
    )


async def test_a_denial_says_what_is_allowed(box: Sandbox, site: WebServer):
    box.policy = Policy(imports=["*"])
    told = f"HostDenied: Connecting to {place(site)} was not allowed."
    assert (await failure(box, get(place(site)))).message == f"{told} No host is allowed."
    box.policy = Policy(imports=["*"], hosts=["example.org", "*.example.net"])
    box.tools = [Tool(read)]
    assert (await failure(box, get(place(site)))).message == (
        f"{told} Allowed: example.org, *.example.net. Use the tools to read web pages."
    )


@pytest.mark.parametrize("entry", ["site.test:{port}", "*.test:{port}", "*"])
async def test_what_the_policy_lists_is_not_asked_about(box: Sandbox, site: WebServer, person: Person, entry: str):
    box.policy = Policy(imports=["*"], hosts=[entry.format(port=site.server_address[1])], ask=person)
    assert await value(box, get(place(site))) == "hello"
    assert person.names == []


@pytest.mark.parametrize("target", ["10.0.0.1", "inner.test", "[::ffff:127.0.0.2]", "2130706434", "[2002:7f00:2::1]"])
async def test_a_redirect_to_what_is_not_public(box: Sandbox, names: Names, site: WebServer, target: str):
    names.set("inner.test", [PRIVATE])
    site.redirect("/there", f"http://{place(site, target)}/")
    error = await failure(box, f"import requests\nrequests.get('http://{place(site)}/there')")
    assert error.kind == "host_denied"
    assert "not on the public internet" in error.message
    assert [path for _, path in site.requests] == ["/there"]


@pytest.mark.parametrize("host", LOOPBACK)
async def test_every_way_to_write_a_private_address(site: WebServer, host: str):
    async with Sandbox(policy=Policy(imports=["*"], hosts=["*"])) as box:
        for client in ("requests", "urllib"):
            error = await failure(box, with_address(CLIENTS[client], place(site, host)))
            assert error.kind == "host_denied"
            assert "not on the public internet" in error.message
    assert site.requests == []


@pytest.mark.parametrize("host", ["", None])
async def test_no_host_is_this_machine_and_refused(site: WebServer, host: str | None):
    async with Sandbox(policy=Policy(imports=["*"], hosts=["*"])) as box:
        error = await failure(box, f"import socket\nsocket.create_connection(({host!r}, {site.server_address[1]}))")
    assert error.kind == "host_denied"


async def test_a_name_that_changes_its_address(box: Sandbox, names: Names, site: WebServer):
    names.set("site.test", [PUBLIC], [PRIVATE])
    assert await value(box, get(place(site))) == "hello"
    assert names.lookups == ["site.test"]
    assert (await failure(box, get(place(site)))).kind == "host_denied"


async def test_ordinary_failures_are_pythons_own(box: Sandbox):
    with socket.create_server((PUBLIC, 0)) as closed:
        port = closed.getsockname()[1]
    code = "import socket\nsocket.create_connection(({!r}, {}))"
    assert (await failure(box, code.format("unknown.test", port))).message.startswith("socket.gaierror: ")
    error = await failure(box, code.format("site.test", port))
    assert error.kind == "exception"
    assert error.message == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert await value(box, f"socket.socket().connect_ex(('site.test', {port}))") == "111"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("socket.create_connection(('a' * 300, 80))", "socket.gaierror: "),
        ("socket.create_connection(('a..b', 80))", "socket.gaierror: "),
        ("socket.create_connection(('site.test', 0))", "OverflowError: "),
        ("socket.gethostbyname('site.test')", "socket.gaierror: "),
        ("socket.getaddrinfo('site.test', 53, type=socket.SOCK_DGRAM)", "socket.gaierror: "),
        ("socket.socket().bind(('', 0))", "PermissionError: "),
    ],
)
async def test_what_does_not_work_fails_in_the_usual_way(box: Sandbox, call: str, message: str):
    assert (await failure(box, f"import socket\n{call}")).message.splitlines()[0].startswith(message)


async def test_timeouts_stand_still_while_a_person_is_asked(box: Sandbox, site: WebServer):
    async def slow(request: PermissionRequest) -> Decision:
        await asyncio.sleep(1.0)
        return "once"

    box.policy = Policy(imports=["*"], ask=slow)
    code = "import httpx\nasync with httpx.AsyncClient(timeout=0.5) as client:\n    reply = await client.get(url)\n"
    assert await value(box, with_address(code + "reply.text", place(site))) == "hello"


async def test_connections_do_not_come_back_with_a_rewind(box: Sandbox, site: WebServer, person: Person):
    person.decide("always")
    code = f"import socket\nsock = socket.create_connection(('site.test', {site.server_address[1]}))\ncopy = sock.dup()"
    before = await box.run(code)
    assert await value(box, "sock.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\nsock.recv(4)") == "b'HTTP'"
    await box.rewind(before.checkpoint)
    for name in ("sock", "copy"):
        assert (await failure(box, f"{name}.sendall(b'GET')")).message == "OSError: [Errno 9] Bad file descriptor"
        assert (await failure(box, f"{name}.recv(1)")).message == "OSError: [Errno 9] Bad file descriptor"
    assert await value(box, get(place(site))) == "hello"
