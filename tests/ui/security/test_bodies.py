"""How much a request may bring. Each test is a visitor of its own: it says so as a proxy would."""

import asyncio
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import App
from ui.security.uploads import Allowance

KB, MB = 1_000, 2**20


@pytest.fixture
def visitor(app: App, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    number = sum(request.node.name.encode()) % 250 + 1
    with httpx.Client(base_url=app.url, headers={"x-forwarded-for": f"8.8.4.{number}"}, timeout=30) as client:
        yield client


def question(text: str) -> bytes:
    return json.dumps({"data": [text], "fn_index": 0, "session_hash": "abc"}).encode()


@pytest.mark.parametrize("path", ["queue/join", "call/ask", "cancel", "mcp/"])
def test_a_request_that_is_too_long_or_too_deep_is_refused_with_a_sentence(visitor, path):
    deep = b"[" * 5_000 + b"]" * 5_000
    for body, status, sentence in [
        (question("x" * 40 * MB), 413, "too long"),
        (question("x" * 3 * MB), 413, "too long"),
        (b'{"data": ' + deep + b"}", 400, "nested too deep"),
        (b'{"data": ' + deep[:200_000] + b"}", 400, "nested too deep"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, 400, "nested too deep"),
        (b"{", 400, "cannot be read"),
        (b"\xff\xfe", 400, "cannot be read"),
    ]:
        response = visitor.post(f"/gradio_api/{path}", content=body, headers={"content-type": "application/json"})
        assert (response.status_code, sentence in response.text) == (status, True)


def test_what_does_not_say_its_length_is_counted_as_it_comes(visitor):
    pieces = (b"[" * 100 * KB for _ in range(50))
    assert visitor.post("/gradio_api/queue/join", content=pieces).status_code == 413


@pytest.mark.parametrize("path", ["/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x"])
def test_a_body_where_none_belongs_is_bounded_too(visitor, path):
    assert visitor.request("GET", path, content=b"x" * 3 * MB).status_code == 413


def test_an_ordinary_upload_is_taken_in(visitor):
    response = _upload(visitor, [("a.txt", b"hello"), ("b.txt", b"x" * MB)])
    assert response.status_code == 200 and [Path(path).name for path in response.json()] == ["a.txt", "b.txt"]


def test_too_many_bytes_are_refused_before_any_is_written(visitor, app):
    before = _on_disk(app)
    for files, status, sentence in [
        ([("a.bin", b"x" * 2 * MB)], 413, "maximum allowed size"),
        ([("a.bin", b"x" * 30 * MB)], 413, "each may have 1 MB"),
        ([(f"{number}", b"x") for number in range(60)], 400, "One question can have 10 files"),
        ([(f"{number}.bin", b"x" * MB) for number in range(3)], 429, "Try again later"),
    ]:
        response = _upload(visitor, files)
        assert (response.status_code, sentence in response.text) == (status, True)
    assert _on_disk(app) == before


def test_a_visitor_has_an_hours_allowance_and_takes_none_from_others(visitor, app):
    statuses = [_upload(visitor, [("a.bin", bytes([number]) * 900 * KB)]).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    with httpx.Client(base_url=app.url, headers={"x-forwarded-for": "9.9.9.9"}) as other:
        assert _upload(other, [("a.txt", b"hello")]).status_code == 200
    with httpx.Client(base_url=app.url, headers={"x-forwarded-for": f"1.2.3.4, {_address(visitor)}"}) as same:
        assert _upload(same, [("a.bin", b"x" * 900 * KB)]).status_code == 429, "what a visitor says itself counts not"


async def test_an_upload_that_breaks_off_leaves_nothing(app):
    before = _on_disk(app)
    host, port = app.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 8.8.5.5\r\nContent-Length: 900000\r\n"
        b"Content-Type: multipart/form-data; boundary=mark\r\n\r\n--mark\r\n"
        b'Content-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n' + b"x" * 400_000
    )
    await writer.drain()
    for _ in range(100):
        if _on_disk(app) > before:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the upload did not begin")
    writer.close()
    for _ in range(100):
        if _on_disk(app) == before:
            return
        await asyncio.sleep(0.1)
    pytest.fail("what had come of the upload stayed")


def _upload(client: httpx.Client, files: list[tuple[str, bytes]]) -> httpx.Response:
    return client.post("/gradio_api/upload", files=[("files", file) for file in files])


def _address(client: httpx.Client) -> str:
    return client.headers["x-forwarded-for"]


def _on_disk(app: App) -> int:
    """Files that Gradio holds."""
    return sum(path.is_file() for path in app.home.glob("glassbox-app-*/uploads/**/*"))


def test_an_allowance_counts_an_hour_and_keeps_no_note_of_each_piece():
    now = 1_000.0
    allowance = Allowance(20_000, 30_000, clock=lambda: now)
    tracemalloc.start()
    for _ in range(20_000):
        allowance.take("a", 1)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100 * KB
    assert not allowance.has_room("a", 1) and allowance.has_room("b", 10_000) and not allowance.has_room("b", 10_001)
    now += 3_500
    assert not allowance.has_room("a", 1)
    now += 200
    assert allowance.has_room("a", 20_000) and allowance.has_room("b", 20_000)
