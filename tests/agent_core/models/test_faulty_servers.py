"""Servers that fail in every way: each is one plain sentence, soon and in little memory."""

import asyncio
import functools
import gzip
import json
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from agent_core import CodeAgent, RunResult
from agent_core.models.retry import RetryPolicy
from agent_core.models.server_client import NOT_ASKED, ServerClient
from tests.agent_core.models.support import KEY, make

MB = 2**20
NO_REPLY, BROKE_OFF, EMPTY = "is not a chat reply. Check the address", "broke off. Try again.", "sent an empty reply"
Fault = Callable[[socket.socket], object]


def head(media_type: str = "text/event-stream", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n{more}Connection: close\r\n\r\n".encode()


def event(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return (
        b"data: " + json.dumps({"id": "r", "object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"
    )


def say(*parts: bytes) -> Fault:
    return lambda connection: connection.sendall(b"".join(parts))


def endless(*parts: bytes, most: int = 64 * MB) -> Fault:
    """The last part again and again, until the client goes."""

    def send(connection: socket.socket) -> None:
        connection.sendall(b"".join(parts))
        for _ in range(most // len(parts[-1])):
            connection.sendall(parts[-1])

    return send


def reset(*parts: bytes) -> Fault:
    def send(connection: socket.socket) -> None:
        connection.sendall(b"".join(parts))
        time.sleep(0.1)  # else the reset overtakes what was sent
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return send


@functools.cache
def _bomb() -> bytes:
    """A small body that unpacks to 200 MB."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * MB) for _ in range(200)) + packer.flush()


def explode(*parts: bytes, twice: bool = False) -> Fault:
    return lambda connection: connection.sendall(b"".join(parts) + (gzip.compress(_bomb()) if twice else _bomb()))


ANSWER, END = event({"content": "It is 7."}), event({}, "stop")
HTML = b"<p>It works.</p>\n" * 4_000
UNIQUE = b"".join(
    event({"content": " ".join(str(number * factor) for factor in range(7, 80))}) for number in range(100, 2_000)
)
PACKED = "Content-Encoding: gzip\r\n"
FAULTS: dict[str, tuple[Fault, str]] = {
    "a text": (say(head("text/plain"), b"hello"), EMPTY),
    "JSON that is no reply": (say(head("application/json"), b'{"ok": true}'), EMPTY),
    "a page without end": (endless(head("text/html"), HTML), NO_REPLY),
    "a line without end": (endless(head(), b"data: ", b"x" * 65_536), NO_REPLY),
    "JSON without end": (endless(head("application/json"), b'{"a": "', b"x" * 65_536), NO_REPLY),
    "comments without end": (endless(head(), b": ping\n\n" * 8_000), NO_REPLY),
    "nested without end": (say(head(), b"data: ", b"[" * 100_000, b"\n\n"), NO_REPLY),
    "a bomb": (explode(head(more=PACKED)), NO_REPLY),
    "a bomb in a bomb": (explode(head(more="Content-Encoding: gzip, gzip\r\n"), twice=True), NO_REPLY),
    "a bomb for an error": (explode(head("text/html", "500 Error", PACKED)), "failed (HTTP 500)"),
    "an error page without end": (endless(head("text/html", "502 Error"), HTML), "failed (HTTP 502)"),
    "a redirect to itself": (say(head(status="307 Moved", more="Location: /v1/chat/completions\r\n")), NO_REPLY),
    "a redirect to a file": (say(head(status="307 Moved", more="Location: file:///etc/passwd\r\n")), "reached"),
    "an error for an answer": (say(head("application/json"), b'{"error": "Out of memory."}'), "Out of memory."),
    "an error in details": (say(head("application/json"), b'{"detail": "Out of memory."}'), "Out of memory."),
    "an error in the stream": (say(head(), ANSWER, b'data: {"error": {"message": "Out of memory."}}\n\n'), "Out of m"),
    "numbers that are none": (say(head(), ANSWER, b'data: {"usage": {"prompt_tokens": NaN}}\n\n'), NO_REPLY),
    "the end of a line is missing": (say(head(), ANSWER, ANSWER[:30]), BROKE_OFF),
    "the end is missing": (say(head(), ANSWER), BROKE_OFF),
    "a reset at once": (reset(), BROKE_OFF),
    "a reset in the head": (reset(b"HTTP/1.1 200 OK\r\nContent-Ty"), BROKE_OFF),
    "a reset in the reply": (reset(head(), ANSWER), BROKE_OFF),
    "no HTTP": (say(b"\x00\xffSSH-2.0-OpenSSH\r\n" * 9), BROKE_OFF),
    "a head without end": (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 8_000), BROKE_OFF),
}
WHOLE = {
    "the end of the stream is missing": say(head(), ANSWER, END),
    "it ends within a line after its end": say(head(), ANSWER, END, b'data: {"cho'),
    "it is reset after its end": reset(head(), ANSWER, END),
    "it is called a page": say(head("text/html"), ANSWER, END),
    "it is packed": say(head(more=PACKED), gzip.compress(ANSWER + END)),
}


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        first, size = self.rfile.readline(), 0
        while (line := self.rfile.readline()).strip():
            size = int(line.split()[1]) if line.lower().startswith(b"content-length") else size
        self.rfile.read(size)
        try:
            if first.startswith(b"POST /v1/chat"):
                self.server.fault(self.connection)  # pyright: ignore[reportAttributeAccessIssue]
            else:
                self.connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except OSError:
            pass  # the client has had enough


@contextmanager
def faulty_server(fault: Fault) -> Iterator[str]:
    """A server that answers each question so. Yields its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.fault = fault  # pyright: ignore[reportAttributeAccessIssue]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()


async def ask(client: str, fault: Fault) -> RunResult:
    retry = RetryPolicy(attempts=2, first_wait=0.01, first_delta_timeout=60)
    with faulty_server(fault) as url:
        async with CodeAgent(make(client, url), retry=retry) as agent:
            return await agent.run("What is the number?")


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_each_fault_is_one_sentence_and_takes_little_memory(client: str):
    process, before = psutil.Process(), None
    for name, (fault, sentence) in FAULTS.items():
        result = await ask(client, fault)
        assert (result.reason, sentence in result.message) == ("error", True), (name, result)
        assert "\n" not in result.message and KEY not in result.message, name
        before = before or process.memory_info().rss  # the libraries are loaded
    assert before and process.memory_info().rss < before + 200 * MB


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_a_reply_that_is_whole_is_one_whatever_comes_of_the_rest(client: str):
    for name, reply in WHOLE.items():
        result = await ask(client, reply)
        assert (result.reason, str(result.answer)) == ("answer", "It is 7."), (name, result)


async def test_a_reply_that_never_ends_is_cut_off():
    result = await ask("hub", endless(head(), event({"content": "So: "}), UNIQUE))
    assert result.reason == "cut_off" and str(result.answer).startswith("So: 700 800 900")


@pytest.mark.parametrize(
    "answer", [endless(head("application/json"), b'{"a": "', b"x" * 65_536), explode(head(more=PACKED))]
)
async def test_what_a_server_says_of_itself_is_bounded(answer: Fault):
    with faulty_server(answer) as url:
        async with ServerClient(url) as server, asyncio.timeout(20):
            with pytest.raises(NOT_ASKED):
                await server.json("{url}/chat/completions", {})
