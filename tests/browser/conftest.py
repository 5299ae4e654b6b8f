"""The real app in a process of its own, and a real browser to use it with."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.install import installed_browser
from tests.browser.visitor import OWNER_KEY, PATIENCE, STILL, Visitor
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

expect.set_options(timeout=PATIENCE)


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
    environment = {"HF_ENDPOINT": hub.url, "HTTPS_PROXY": proxy, "GLASSBOX_OWNER_KEY": OWNER_KEY}
    with running_app(tmp_path_factory.mktemp("home"), **environment) as app:
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


@contextmanager
def without_errors(app: App) -> Iterator[list[Visitor]]:
    """Gives a list for visitors. An error in their pages' scripts, or one that the app did not handle, is a failure."""
    visitors: list[Visitor] = []
    logged = app.log.stat().st_size
    yield visitors
    assert [error for visitor in visitors for error in visitor.errors] == []
    assert "Traceback" not in app.log.read_text()[logged:]


@pytest.fixture
def visit(browser: Browser, app: App) -> Iterator[Callable[..., Visitor]]:
    """Opens the page as a new visitor, whose browser knows nothing yet."""
    with without_errors(app) as visitors:

        def open_page(**options: Any) -> Visitor:
            visitors.append(Visitor(browser.new_context(**STILL | options), app.url))
            return visitors[-1]

        yield open_page
        for visitor in visitors:
            visitor.context.close()


@pytest.fixture(scope="module")
def left_open() -> Iterator[dict[str, Visitor]]:
    """Pages that tests of a module left in order, by the options of their browsers."""
    pages: dict[str, Visitor] = {}
    yield pages
    for visitor in pages.values():
        visitor.context.close()


@pytest.fixture
def revisit(
    browser: Browser, app: App, left_open: dict[str, Visitor], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Begins a new chat in the page that the last test of the module left, or opens one, as `visit` does.

    For tests that change no setting but the model: opening a page costs a browser more than most of them.
    """
    with without_errors(app) as visitors:
        used: dict[str, Visitor] = {}
        failed = request.session.testsfailed

        def open_page(**options: Any) -> Visitor:
            kind = repr(options)
            if visitor := left_open.pop(kind, None):
                visitor.come_back()
            else:
                visitor = Visitor(browser.new_context(**STILL | options), app.url)
            visitors.append(visitor)
            used[kind] = visitor
            return visitor

        yield open_page
        for kind, visitor in used.items():
            if request.session.testsfailed == failed and visitor.page.locator("#stop").is_hidden():
                left_open[kind] = visitor
            else:
                visitor.context.close()
