"""The real app in a process of its own, and a real browser to use it with."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.install import installed_browser
from tests.browser.visitor import STILL, Visitor
from tests.doubles.hub_server import HubServer, hub_server
from tests.support import App, running_app

# Without these Chromium looks for updates and the like, which has no place in a test.
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# Chromium loads two pages of its own into each window, for an address bar that nobody sees, which takes it longer than
# loading most pages. It goes by the last such list, so that those that Playwright switches off are named once more.
FEATURES_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    *("TcpPortRandomizationWin", "ThirdPartyStoragePartitioning"),
)
FLAGS.append(f"--disable-features={','.join(FEATURES_OFF)}")

expect.set_options(timeout=30_000)  # a busy machine takes its time


@pytest.fixture(scope="session")
def silent_proxy() -> Iterator[socket.socket]:
    """Takes every connection and never says a word. The app's way out to https addresses: its searches hang here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


@pytest.fixture(scope="session")
def hub() -> Iterator[HubServer]:
    """The Hub, as the app sees it."""
    with hub_server() as hub:
        yield hub


@pytest.fixture(scope="session")
def app(silent_proxy: socket.socket, hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The running app, whose Hub is a double."""
    proxy = f"http://127.0.0.1:{silent_proxy.getsockname()[1]}"
    with running_app(tmp_path_factory.mktemp("home"), HF_ENDPOINT=hub.url, HTTPS_PROXY=proxy) as app:
        yield app
        silent_proxy.close()  # lets go of the searches that still hang


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
        visitors.append(Visitor(browser.new_context(**STILL | options), app.url))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [error for visitor in visitors for error in visitor.errors] == []
    assert "Traceback" not in app.log.read_text()[logged:]
