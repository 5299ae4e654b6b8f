"""The app is ended or killed while people have it open, and is started again: their chats are there."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.counting import button, count
from tests.browser.visitor import DESK, Visitor, code, keep_screenshot
from tests.doubles.postgresql import PostgreSQL
from tests.support import App, running_app


class LastingApp:
    """An app that is started again where it was, once for each time that a test ends it: starting it takes long.

    home: its files. environment: variables beside those that every app has.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self._home = home
        self._environment = environment
        self._running = ExitStack()
        self.restart()

    def restart(self) -> None:
        """Start it where it was, once it has ended."""
        self.close()
        self.now: App = self._running.enter_context(running_app(self._home, **self._environment))
        self._environment["PORT"] = self.now.url.rpartition(":")[2]

    def close(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastingApp]:
    app = LastingApp(tmp_path_factory.mktemp("lasting"), GLASSBOX_GRACE_SECONDS="1")
    yield app
    app.close()


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[LastingApp]:
    home, address = tmp_path_factory.mktemp("lasting"), postgresql.create_database("page")
    app = LastingApp(home, DATABASE_URL=address)
    yield app
    app.close()
    assert not list(home.rglob("chats.db")) and address not in app.now.log.read_text()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Opens an address as a new person, whose app may be killed meanwhile."""
    contexts = []

    def open_page(url: str) -> Visitor:
        contexts.append(browser.new_context(**DESK))
        return Visitor(contexts[-1], url)

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_open_page_comes_back_to_its_chat_after_a_restart_in_mid_run(person, serve, on_sqlite, how):
    server = serve(
        [
            code("open('kept.txt', 'w').write('still here')"),
            "The first.",
            code("print('so far', flush=True); import time; time.sleep(600)"),
            "Gone on.",
        ]
    )
    visitor = person(on_sqlite.now.url)
    visitor.connect(server)
    visitor.get_answer("one")
    address = visitor.page.url
    visitor.ask("two")
    expect(visitor.steps.last).to_contain_text("so far")
    visitor.question.fill("a thought in between")
    os.kill(on_sqlite.now.pid, how)
    expect(visitor.page.locator("#app-gone")).to_be_visible()
    on_sqlite.now.process.wait(20)
    on_sqlite.restart()
    expect(visitor.page.locator("#app-restarted")).to_be_visible()
    expect(visitor.question).to_have_value("a thought in between")
    assert visitor.page.url == address
    expect(visitor.questions).to_have_text(["one", "two"])
    expect(visitor.files).to_contain_text(["kept.txt"])
    expect(visitor.answers.last).to_contain_text("The program was restarted while it worked on this.")
    with visitor.page.expect_download() as download:
        visitor.files.click()
    assert Path(download.value.path()).read_text() == "still here"
    visitor.connect(server)
    visitor.chat.get_by_role("button", name="Go on").click()
    expect(visitor.answers.last).to_have_text("Gone on.")


def test_an_idle_page_notices_a_restart_and_goes_on(person, serve, on_sqlite):
    server = serve(["The first.", "The second."])
    visitor = person(on_sqlite.now.url)
    visitor.connect(server)
    visitor.get_answer("one")
    visitor.question.fill("half a question")
    on_sqlite.restart()
    expect(visitor.page.locator("#app-restarted")).to_be_visible()
    expect(visitor.question).to_have_value("half a question")
    expect(visitor.answers).to_have_text(["The first."])
    visitor.connect(server)
    assert visitor.get_answer("half a question, now whole") == "The second."
    expect(visitor.questions).to_have_text(["one", "half a question, now whole"])


def test_chats_are_kept_in_postgresql(person, serve, on_postgresql):
    visitor = person(on_postgresql.now.url)
    visitor.connect(serve([code("print(6 * 7)"), "It is 42."]))
    assert visitor.get_answer("Six times seven?") == "It is 42."
    visitor.wait_until_kept()
    os.kill(on_postgresql.now.pid, signal.SIGKILL)
    expect(visitor.page.locator("#app-gone")).to_be_visible()
    on_postgresql.restart()
    expect(visitor.page.locator("#app-restarted")).to_be_visible()
    expect(visitor.answers.first).to_have_text("It is 42.")
    expect(visitor.page.locator("nav#chats li > a")).to_contain_text(["Six times seven?"])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_after_a_restart_the_steps_run_again_and_the_variables_are_back(
    person, serve, database: str, request: pytest.FixtureRequest
):
    server, app = serve(count), request.getfixturevalue(f"on_{database}")
    visitor = person(app.now.url)
    visitor.connect(server)
    visitor.get_answer("one")
    visitor.get_answer("two")
    address = visitor.page.url
    visitor.wait_until_kept()
    os.kill(app.now.pid, signal.SIGKILL)
    expect(visitor.page.locator("#app-gone")).to_be_visible()
    app.restart()
    visitor.page.goto(address)
    expect(visitor.chat).to_contain_text("Variables of this chat are gone")
    keep_screenshot(visitor, "variables-gone")
    visitor.steps.get_by_text("What would run again: the code of 2 steps").click()
    expect(visitor.steps.last).to_contain_text("open('log.txt', 'a')")
    button(visitor, "Run the steps again").click()
    expect(visitor.chat).to_contain_text("came out as before")
    visitor.wait_until_done()
    expect(button(visitor, "Run the steps again")).to_have_count(0)
    visitor.connect(server)
    assert visitor.get_answer("three") == "Now n is 3 1 2 3."
