"""The real app in a process of its own, and a real browser to use it with."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.install import installed_browser
from tests.browser.visitor import Visitor
from tests.doubles.hub_server import HubServer, hub_server

ROOT = Path(__file__).parents[2]
# Without these Chromium looks for updates and the like, which has no place in a test.
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def silent_proxy() -> Iterator[socket.socket]:
    """Takes every connection and never says a word. The app's way out to https addresses: its searches hang here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


@dataclass(frozen=True)
class App:
    """The running app. log: the file that holds what it prints."""

    url: str
    log: Path


@pytest.fixture(scope="session")
def hub() -> Iterator[HubServer]:
    """The Hub, as the app sees it."""
    with hub_server() as hub:
        yield hub


@pytest.fixture(scope="session")
def app(silent_proxy: socket.socket, hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app as `python app.py` starts it, on a free port, without any key or login of this machine."""
    ways_out = {"HF_ENDPOINT": hub.url, "HTTPS_PROXY": f"http://127.0.0.1:{silent_proxy.getsockname()[1]}"}
    with run_app([sys.executable, "app.py"], tmp_path_factory.mktemp("home"), **ways_out) as app:
        yield app
        silent_proxy.close()  # lets go of the searches that still hang


@contextmanager
def run_app(command: list[str], home: Path, **environment: str) -> Iterator[App]:
    """The app in a process of its own, until the end of the block. home: an empty folder."""
    port, log = free_port(), home / "app.log"
    environment |= {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for_page(process, log)
        yield App(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(20)
    assert list(home.glob("glassbox-*")) == [], "the app ended, and left files of its chats behind"


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _wait_for_page(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while "Running on" not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, f"the app did not start: {log.read_text()}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=installed_browser(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def visit(browser: Browser, app: App) -> Iterator[Callable[..., Visitor]]:
    """Opens the page as a new visitor, whose browser knows nothing yet.

    An error in the page's scripts, or an exception that the app did not handle, fails the test.
    """
    visitors: list[Visitor] = []
    logged = app.log.stat().st_size

    def open_page(**options: Any) -> Visitor:
        visitors.append(Visitor(browser.new_context(**options), app.url))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [error for visitor in visitors for error in visitor.errors] == []
    assert "Traceback" not in app.log.read_text()[logged:]
