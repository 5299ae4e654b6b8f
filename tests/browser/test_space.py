"""The app on a Space, as browsers meet it: under its own name, framed by the Hub, and beside pages that attack."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import FLAGS
from tests.browser.install import installed_browser
from tests.browser.visitor import STILL, Visitor, keep_screenshot
from tests.doubles.certificates import Authority
from tests.doubles.hub_server import HubServer
from tests.doubles.space_proxy import SpaceProxy, space_proxy
from tests.doubles.web_server import WebServer
from tests.support import SPACE, App, running_app

OWN, HUB, EVIL = "https://owner-name.hf.space", "https://huggingface.co", "https://evil.hf.space"


@pytest.fixture(scope="module")
def space(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("space"), **SPACE, OPENID_PROVIDER_URL=hub.url) as space:
        yield space


@pytest.fixture(scope="module")
def others() -> Iterator[WebServer]:
    """The Hub's page that frames the Space, and a page of somebody else."""
    framing = f'<iframe src="{OWN}/" style="width:100%;height:700px"></iframe>'
    with WebServer() as server:
        server.serve("/spaces/owner/name", framing, content_type="text/html")
        server.serve("/framing", framing, content_type="text/html")
        server.serve("/", "<p>Hello.</p>", content_type="text/html")
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    Authority(folder).server_context("space.test")
    return folder / "space.test.pem"


@pytest.fixture(scope="module")
def proxy(space: App, certificate: Path) -> Iterator[SpaceProxy]:
    """What stands before the Space."""
    with space_proxy(space.url, certificate) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def world(proxy: SpaceProxy, others: WebServer, playwright: Playwright, certificate: Path) -> Iterator[Browser]:
    """A browser for which these names stand for loopback servers."""
    with space_proxy(f"http://127.0.0.1:{others.server_port}", certificate) as other:
        ports = {OWN: proxy.port, HUB: other.port, EVIL: other.port}
        rules = ",".join(f"MAP {name.removeprefix('https://')} 127.0.0.1:{port}" for name, port in ports.items())
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=[*FLAGS, f"--host-resolver-rules={rules}"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(world: Browser) -> Iterator[Page]:
    context = world.new_context(**STILL, ignore_https_errors=True)
    yield context.new_page()
    context.close()


def test_the_page_works_under_its_own_name(world: Browser):
    visitor = Visitor(world.new_context(**STILL, ignore_https_errors=True), OWN)
    visitor.choose("source", "Demo: written replies")
    assert "3" in visitor.get_answer("What is the cube root of 27?")
    visitor.attach(("a.csv", b"a,b\n1,2\n"))
    assert visitor.errors == []
    visitor.context.close()


def test_a_new_person_signs_in_or_pastes_a_key_and_no_server_is_looked_for(world: Browser):
    visitor = Visitor(world.new_context(**STILL, ignore_https_errors=True), OWN)
    ways = visitor.page.locator("#ways-on")
    expect(ways.get_by_role("button")).to_have_text(["Sign in with Hugging Face", "Paste a key"])
    keep_screenshot(visitor, "space-welcome")
    ways.get_by_role("button", name="Paste a key").click()
    expect(visitor.page.locator("#model-picker .key")).to_be_focused()
    expect(visitor.page.locator("#model-list").get_by_role("option", name="Automatic")).to_be_attached()
    expect(visitor.page.get_by_role("button", name="Look for a server")).to_have_count(0)
    assert visitor.errors == []
    visitor.context.close()


def test_the_hub_frames_it_and_nobody_else_does(page: Page, proxy: SpaceProxy):
    proxy.requests.clear()
    page.goto(f"{EVIL}/framing")
    page.wait_for_timeout(2_000)
    assert proxy.requests == ["GET /"], "it came, and was not shown"
    page.goto(f"{HUB}/spaces/owner/name")
    for _ in range(120):
        if any("/gradio_api/heartbeat/" in request for request in proxy.requests):  # by the page's scripts
            return
        page.wait_for_timeout(500)
    pytest.fail(f"the page did not come up: {proxy.requests}")
