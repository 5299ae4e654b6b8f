"""The page around an agent of a program's own: what it shows, what can be chosen, and that each chat is its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import DESK, PHONE, STILL, Visitor, keep_screenshot
from tests.support import ROOT, App, running_app

QUESTION = "What is the weather in Oslo?"
PROGRAM = str(ROOT / "tests" / "doubles" / "own_page.py")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The page of a program, whose folder is not that of Glassbox."""
    with running_app(tmp_path_factory.mktemp("home"), command=[PROGRAM], PYTHONPATH=str(ROOT)) as app:
        yield app


def test_it_shows_what_the_program_says_and_the_agent_answers_with_its_tool(visit):
    visitor = visit(**DESK)
    page = visitor.page
    expect(page).to_have_title("Weather & more")
    expect(visitor.chat.get_by_role("heading", name="Weather & more")).to_be_visible()
    expect(visitor.chat.get_by_text("Ask about the weather.")).to_be_visible()
    expect(visitor.chat.locator(".example")).to_have_text([QUESTION, "And is the weather nice in Bergen?"])
    expect(page.locator("#model-chip")).to_have_text("delphi")
    assert not page.locator("#ways-on, #demo p").count()
    keep_screenshot(visitor, "own-agent")
    visitor.set_colours("dark")
    keep_screenshot(visitor, "own-agent-dark")
    visitor.set_colours("light")
    visitor.chat.locator(".example").first.click()
    expect(visitor.answers.last).to_have_text("north/delphi: fine, said 1 times.")
    visitor.wait_until_done()
    assert visitor.get_answer("And the weather tomorrow?") == "north/delphi: fine, said 2 times."
    visitor.open_steps()
    expect(visitor.steps.first).to_contain_text("Used forecast")
    keep_screenshot(visitor, "own-agent-answer")


def test_another_visitor_has_a_chat_of_their_own_which_is_kept(visit):
    assert visit().get_answer(QUESTION) == "north/delphi: fine, said 1 times."
    visitor = visit()
    assert visitor.get_answer(QUESTION) == "north/delphi: fine, said 1 times."
    visitor.wait_until_kept()
    visitor.reload()
    expect(visitor.answers.last).to_have_text("north/delphi: fine, said 1 times.")
    assert visitor.get_answer("How is the weather now?") == "north/delphi: fine, said 2 times."


def test_a_person_chooses_among_the_models_of_the_program_and_keeps_the_choice(visit):
    visitor = visit(**PHONE)
    chip = visitor.page.locator("#model-chip")
    chip.click()
    picker = visitor.page.get_by_role("dialog", name="Choose a model")
    options = picker.get_by_role("option")
    expect(options.locator(".name")).to_have_text(["delphi", "dodona"])
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(picker.get_by_text("Paste a key")).to_be_hidden()
    expect(picker.get_by_text("Look for a server")).to_be_hidden()
    keep_screenshot(visitor, "own-agent-models-phone")
    options.last.click()
    expect(chip).to_have_text("dodona")
    picker.get_by_role("button", name="Test").click()
    expect(picker.get_by_text("✓ dodona answers")).to_be_visible()
    picker.get_by_role("button", name="Done").click()
    assert visitor.get_answer(QUESTION) == "south/dodona: fine, said 1 times."
    visitor.reload()
    expect(chip).to_have_text("dodona")
    chip.click()
    options.first.click()
    picker.get_by_role("button", name="Done").click()
    assert visitor.get_answer("The weather again?") == "north/delphi: fine, said 2 times."


def test_the_settings_have_only_what_the_program_leaves_to_a_person(visit):
    visitor = visit(**PHONE)
    visitor.open_settings()
    page = visitor.page
    expect(page.locator("#instructions")).to_be_visible()
    expect(page.locator("#theme")).to_be_visible()
    for name in ("source", "key", "agent", "tools", "adding", "preset", "advanced", "address"):
        expect(page.locator(f"#settings #{name}")).to_have_count(0)
    keep_screenshot(visitor, "own-agent-settings-phone")


@pytest.fixture
def visit_only(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Visitor]]:
    """The page around one agent, with one model and nothing to set."""
    home = tmp_path_factory.mktemp("home")
    with running_app(home, command=[PROGRAM, "--agent", "--one"], PYTHONPATH=str(ROOT)) as app:

        def open_page(**options: Any) -> Visitor:
            return Visitor(browser.new_context(**STILL | options), app.url)

        yield open_page


def test_where_there_is_one_model_nothing_can_be_chosen(visit_only):
    visitor = visit_only()
    expect(visitor.page.locator("#model-chip")).to_be_disabled()
    expect(visitor.page.locator("#model-chip")).to_have_text("delphi")
    visitor.open_settings()
    expect(visitor.page.locator("#theme")).to_be_visible()
    expect(visitor.page.locator("#settings :is(#instructions, #when)")).to_have_count(0)
    keep_screenshot(visitor, "own-agent-one-model")
    visitor.close_panel()
    assert visitor.get_answer(QUESTION) == "north/delphi: fine, said 1 times."
    visitor.context.close()
