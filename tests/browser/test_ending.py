"""The app is told to end while people use it, and comes back."""

import signal
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import STILL, Visitor, code
from tests.support import running_app


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Opens an address as a new person: a browser has too few connections for so many pages of one."""
    contexts = []

    def open_page(url: str) -> Visitor:
        contexts.append(browser.new_context(**STILL))
        return Visitor(contexts[-1], url)

    yield open_page
    for context in contexts:
        context.close()


def script(body: dict) -> str:
    if "endless" in str(body["messages"]):
        return code("import time\nprint('begun', flush=True)\ntime.sleep(600)")
    return "Here I am."


def test_what_is_new_is_refused_what_goes_on_is_interrupted_and_all_comes_back(person, serve, tmp_path):
    server = serve(script)
    settings = {"GLASSBOX_RUNS": "2", "GLASSBOX_RUNS_PER_VISITOR": "9", "GLASSBOX_GRACE_SECONDS": "5"}
    with running_app(tmp_path, **settings) as app:
        endless, other = person(app.url), person(app.url)
        endless.connect(server)
        other.connect(server)
        other.get_answer("hello")  # from which it is learnt how long runs take
        endless.ask("an endless one")
        expect(endless.steps.last).to_contain_text("begun")
        other.ask("a queued one")
        expect(other.doing).to_contain_text("You are number 1 in the queue; about")
        app.process.send_signal(signal.SIGTERM)
        expect(other.answers.last).to_contain_text("The program was restarted while it worked on this.")
        expect(other.chat.get_by_role("button", name="Go on")).to_be_visible()
        asked = httpx.post(f"{app.url}/gradio_api/call/ask", json={"data": ["What is one and one?"]})
        assert (asked.status_code, asked.json()["detail"][:27]) == (503, "Glassbox is being restarted")
        other.send("a late one")
        expect(other.problem).to_contain_text("Glassbox is being restarted, so nothing new begins.")
        expect(other.question).to_have_value("a late one")
        expect(endless.page.locator("#app-ending")).to_be_visible()
        assert app.process.wait(20) == 0, app.log.read_text()
        assert not any(word in app.log.read_text() for word in ("Traceback", "ERROR", "WARNING"))
    with running_app(tmp_path, PORT=app.url.rpartition(":")[2]) as app:
        for visitor in (endless, other):
            expect(visitor.page.locator("#app-restarted")).to_be_visible()
            expect(visitor.answers.last).to_contain_text("restarted")
        expect(other.question).to_have_value("a late one")
        other.connect(server)
        other.chat.get_by_role("button", name="Go on").click()
        expect(other.answers.last).to_have_text("Here I am.")
        endless.connect(server)
        endless.chat.get_by_role("button", name="Go on").click()
        expect(endless.steps.last).to_contain_text("begun")
        app.process.send_signal(signal.SIGTERM)
        expect(endless.page.locator("#app-ending")).to_be_visible()
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(5) == 128 + signal.SIGTERM, "a second signal ends it at once"
