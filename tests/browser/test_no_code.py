"""The page on a machine that can hold no code: it says so, shows recordings, and models call tools."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import without_errors
from tests.browser.visitor import DESK, PHONE, Visitor, keep_screenshot
from tests.doubles.openai_server import Reply
from tests.support import App, running_app

NOTHING_HOLDS = """
import runpy
from tests.agent_core.sandbox import other_kernel as kernel
kernel.no_landlock(), kernel.no_namespaces(), kernel.no_filters()
runpy.run_path("app.py", run_name="__main__")
"""
ASK = Reply("I ask.", call=("ask_user", {"question": "Which city?", "options": ["Bern", "Bonn"]}))


@pytest.fixture(scope="module")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("bare")
    with running_app(home, command=("-c", NOTHING_HOLDS)) as app:
        yield app


def test_where_no_code_runs_the_page_says_so_and_goes_on(browser: Browser, bare_app: App, serve):
    with without_errors(bare_app) as visitors:
        visitor = Visitor(browser.new_context(**DESK), bare_app.url)
        visitors.append(visitor)
        head = visitor.page.locator("#no-code")
        expect(head).to_contain_text("No code runs here, because this machine cannot confine it.")
        keep_screenshot(visitor, "desk-no-code")
        the_owner_reads_what_to_do(visitor)
        the_demo_shows_recordings(visitor)
        every_model_calls_tools(visitor, serve)
        visitor.context.close()


def the_owner_reads_what_to_do(visitor: Visitor) -> None:
    visitor.page.get_by_text("What the owner of this page can do").click()
    expect(visitor.page.locator("#no-code")).to_contain_text("system-call filter (seccomp): The kernel has no seccomp")
    visitor.page.get_by_text("What the owner of this page can do").click()


def the_demo_shows_recordings(visitor: Visitor) -> None:
    visitor.chat.get_by_role("button", name=re.compile(re.escape("$100 a month"))).click()
    expect(visitor.answers.last).to_contain_text("After 30 years the account holds $83,573")
    visitor.wait_until_done()
    expect(visitor.page.locator("#demo")).to_contain_text("what the code did were recorded beforehand")
    expect(visitor.answers.locator("img")).to_have_count(1)
    visitor.open_steps()
    visitor.steps.locator(".title").last.click()
    expect(visitor.steps.locator(".content").last).to_contain_text("Recorded on another machine")
    expect(visitor.chat.get_by_role("button", name="Edit this code")).to_have_count(0)
    keep_screenshot(visitor, "desk-no-code-demo")
    visitor.chat.get_by_role("button", name="Retry").last.click()  # going back needs no sandbox
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.wait_until_done()
    expect(visitor.answers.last).to_contain_text("After 30 years the account holds $83,573")


def every_model_calls_tools(visitor: Visitor, serve) -> None:
    server = serve([ASK, "It is **Bern**.", "```python\n1 + 1\n```", "It is 2."])
    visitor.connect(server, model="openai/gpt-4.1-mini")  # one that has native calls
    visitor.open_settings()
    expect(visitor.page.locator("#only-tools")).to_have_text("The agent calls tools, as no code runs here.")
    expect(visitor.page.locator("#agent")).to_be_hidden()
    expect(visitor.page.locator("#tools").get_by_role("checkbox")).to_have_count(3)
    keep_screenshot(visitor, "desk-no-code-settings")
    visitor.close_panel()
    visitor.ask("Which city?")
    visitor.page.locator("#live .option", has_text="Bern").click()
    visitor.wait_until_done()
    expect(visitor.answers.last).to_have_text("It is Bern.")
    assert [tool["function"]["name"] for tool in server.requests[0].body["tools"]][-1] == "ask_user"
    visitor.attach(("a.csv", b"a,b\n1,2\n"))
    visitor.ask("What is in it?")
    visitor.wait_until_done()
    expect(visitor.chat).not_to_contain_text("cannot confine the code")


def test_the_page_without_code_on_a_phone_in_the_dark_in_german(browser: Browser, bare_app: App):
    with without_errors(bare_app) as visitors:
        visitor = Visitor(browser.new_context(**PHONE, color_scheme="dark", locale="de-DE"), bare_app.url)
        visitors.append(visitor)
        expect(visitor.page.locator("#no-code")).to_contain_text("Hier läuft kein Code")
        assert not visitor.scrolls_sideways()
        keep_screenshot(visitor, "phone-no-code-dark")
        visitor.context.close()
