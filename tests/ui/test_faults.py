"""The whole app while what it stands on gives way: its temporary files, its disk, its descriptors, its visitors."""

import os
import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from gradio_client import Client

from tests.small_disk import fill, small_disk
from tests.support import App, running_app

_QUESTION = "What is the cube root of 27?"  # of the demo, which runs code


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, all of whose files are on a small disk of its own."""
    with small_disk(tmp_path_factory.mktemp("app") / "disk", 48) as disk, running_app(disk) as app:
        yield app


@pytest.fixture
def visitor(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, timeout=30) as client:
        yield client


def assert_answers(app: App) -> None:
    """A question is answered, with a step of code, in a new chat."""
    assert "is **3**" in Client(app.url, verbose=False).predict(_QUESTION, api_name="/ask")


def upload(visitor: httpx.Client, size: int) -> httpx.Response:
    return visitor.post("/gradio_api/upload", files=[("files", ("a.bin", os.urandom(size)))])


def uploaded(app: App) -> set[Path]:
    return {path for path in app.home.glob("glassbox-app-*/uploads/**/*") if path.is_file()}


def test_where_all_temporary_files_are_gone_everything_goes_on(app: App, visitor: httpx.Client):
    assert upload(visitor, 1_000).status_code == 200
    assert_answers(app)
    for folder in app.home.iterdir():
        if folder.name.startswith("glassbox-"):
            shutil.rmtree(folder)
    assert upload(visitor, 1_000).status_code == 200
    assert_answers(app)


def test_a_full_disk_takes_no_file_says_so_and_leaves_chats_alone(app: App, visitor: httpx.Client):
    upload(visitor, 1_000)
    before, filler = uploaded(app), fill(app.home, but=1_000_000)
    try:
        for size in (10_000, 3_000_000):
            refused = upload(visitor, size)
            assert (refused.status_code, "almost full" in refused.text) == (507, True)
        assert uploaded(app) == before, "nothing that was cut off is left"
        assert visitor.get("/").status_code == 200
        assert_answers(app)
    finally:
        filler.unlink()
    assert upload(visitor, 10_000).status_code == 200


def test_where_a_disk_gets_full_in_the_middle_nothing_is_left_either(app: App):
    host, port = app.url.removeprefix("http://").split(":")
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 900000\r\n"
        "Content-Type: multipart/form-data; boundary=mark\r\n\r\n--mark\r\n"
        'Content-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    )
    before = uploaded(app)
    with socket.create_connection((host, int(port)), timeout=30) as sender:
        sender.sendall(head.encode() + bytes(300_000))
        _wait(lambda: uploaded(app) != before)
        filler = fill(app.home, but=1_000_000)
        try:
            sender.sendall(bytes(100_000))
            answer = sender.recv(10_000)
            while b"almost full" not in answer:  # its head may come first
                more = sender.recv(10_000)
                assert more, answer
                answer += more
        finally:
            filler.unlink()
    _wait(lambda: uploaded(app) == before)


def test_without_descriptors_visitors_are_refused_with_a_sentence_until_others_go(app: App, visitor: httpx.Client):
    host, port = app.url.removeprefix("http://").split(":")
    limits = resource.prlimit(app.pid, resource.RLIMIT_NOFILE)
    assert limits[0] == min(limits[1], 65_536), "the app takes what it can get"
    resource.prlimit(app.pid, resource.RLIMIT_NOFILE, (256, limits[1]))
    pages = [socket.create_connection((host, int(port)), timeout=30) for _ in range(300)]
    try:
        for number, page in enumerate(pages):
            page.sendall(f"GET /gradio_api/heartbeat/page{number} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answers = [_answer(page) for page in pages]
        refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
        assert len(refused) > 50 and all(b"Too many people" in answer for answer in refused)
    finally:
        for page in pages:
            page.close()
    _wait(lambda: visitor.get("/").status_code == 200)
    assert_answers(app)
    resource.prlimit(app.pid, resource.RLIMIT_NOFILE, limits)
    assert app.log.stat().st_size < 20_000, "what nobody can do anything about does not fill the log"


def test_connections_that_are_reset_in_the_middle_leave_nothing(app: App, visitor: httpx.Client):
    process, (host, port) = psutil.Process(app.pid), app.url.removeprefix("http://").split(":")
    before = process.num_fds()
    for number in range(20):
        with socket.create_connection((host, int(port)), timeout=30) as page:
            path = ["/", "/gradio_api/heartbeat/r", "/gradio_api/queue/data?session_hash=r"][number % 3]
            page.sendall(f"GET {path}{number} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            page.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # a reset, not a goodbye
    assert visitor.get("/").status_code == 200
    _wait(lambda: process.num_fds() <= before + 3)
    assert "Traceback" not in app.log.read_text()


def test_the_processes_of_chats_go_first_where_memory_runs_out(app: App):
    assert_answers(app)
    processes = psutil.Process(app.pid).children(recursive=True)
    assert processes, "of the chat that stands ready"
    scores = {process.pid: int(Path(f"/proc/{process.pid}/oom_score_adj").read_text()) for process in processes}
    assert max(scores.values()) > int(Path(f"/proc/{app.pid}/oom_score_adj").read_text())


def _answer(page: socket.socket) -> bytes:
    """The head, and all of a refusal."""
    answer = page.recv(10_000)
    while answer.startswith(b"HTTP/1.1 503") and (more := page.recv(10_000)):
        answer += more
    return answer


def _wait(for_what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not for_what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
