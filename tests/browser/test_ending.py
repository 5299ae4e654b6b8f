"""The app is told to end while people use it, and comes back."""

import signal
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import STILL, Visitor, code, last_question
from tests.doubles.openai_server import Reply
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


def test_steps_may_end_all_else_is_interrupted_and_everything_goes_on_afterwards(person, serve, tmp_path):
    go_on = threading.Event()

    def script(body: dict) -> Reply | str:
        question = last_question(body)
        if "short" in question:
            return Reply(code("print('done', 6 * 7)"), begin=go_on)
        if "endless" in question:
            return code("import time\nprint('begun', flush=True)\ntime.sleep(600)")
        return "Here I am."

    server = serve(script)
    with running_app(tmp_path, GLASSBOX_RUNS="3", GLASSBOX_RUNS_PER_VISITOR="9") as app:
        short, endless, queued, late = (person(app.url) for _ in range(4))
        for visitor in (short, endless, queued, late):
            visitor.connect(server)
        late.get_answer("hello")  # the first one takes its time
        short.ask("a short one")
        endless.ask("an endless one")
        expect(endless.steps.last).to_contain_text("begun")
        queued.ask("a queued one")
        expect(queued.doing).to_contain_text("You are number 1 in the queue; about 10 seconds.")
        app.process.send_signal(signal.SIGTERM)
        expect(queued.answers.last).to_contain_text("The program was restarted while it worked on this.")
        expect(queued.chat.get_by_role("button", name="Go on")).to_be_visible()
        asked = httpx.post(f"{app.url}/gradio_api/call/ask", json={"data": ["What is one and one?"]})
        assert (asked.status_code, asked.json()["detail"][:27]) == (503, "Glassbox is being restarted")
        late.send("a late one")
        expect(late.problem).to_contain_text("Glassbox is being restarted, so nothing new begins.")
        expect(late.question).to_have_value("a late one")
        expect(endless.page.locator("#app-ending")).to_be_visible()
        go_on.set()
        assert app.process.wait(20) == 0, app.log.read_text()
        assert "Traceback" not in app.log.read_text()
        assert not list(tmp_path.glob("glassbox-*")), "its temporary folders are gone"
    with running_app(tmp_path, PORT=app.url.rpartition(":")[2]) as app:
        for visitor, said in ((short, "restarted"), (endless, "restarted"), (queued, "restarted")):
            expect(visitor.page.locator("#app-restarted")).to_be_visible()
            expect(visitor.answers.last).to_contain_text(said)
        short.open_steps()
        expect(short.steps.first).to_contain_text("✓ Ran some Python")
        queued.connect(server)
        queued.chat.get_by_role("button", name="Go on").click()
        expect(queued.answers.last).to_have_text("Here I am.")
        late.connect(server)
        late.ask("an endless one")
        expect(late.steps.last).to_contain_text("begun")
        app.process.send_signal(signal.SIGTERM)
        expect(late.page.locator("#app-ending")).to_be_visible()
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(5) == 128 + signal.SIGTERM, "a second signal ends it at once"
