"""The panel at the right: it waits until it is wanted, and what is being read stays where it is."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from agent_core.prompts import read_prompt
from tests.browser.visitor import COVERS_COMPOSER, DESK, PHONE, Visitor, code, keep_screenshot
from tests.doubles.openai_server import Reply

LONG = "\n\n".join(f"Paragraph {number}: {'words ' * 40}" for number in range(40))
PLACE = "() => document.querySelectorAll('#history .bot p')[20].getBoundingClientRect().top"
SOCKET = code("import socket\nsocket.__name__")
# What the page's ground was at each of its first frames, as brightness.
GROUNDS = """() => {
    window.grounds = new Set();
    const look = () => {
        if (document.body) window.grounds.add(getComputedStyle(document.body).backgroundColor);
        requestAnimationFrame(look);
    };
    look();
}"""


def system_prompt(server) -> str:
    return server.requests[-1].body["messages"][0]["content"]


def allow_for_this_chat(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Allow for this chat", exact=True).click()
    visitor.wait_until_done()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_panel_is_closed_at_first_and_opened_and_closed_by_keyboard(visit, size: dict[str, Any]):
    visitor = visit(**size)
    page, panel = visitor.page, visitor.page.locator("#panel")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Toggle Sidebar")).to_have_count(0)
    for name in ("Files", "Settings"):
        opener = page.get_by_role("button", name=name, exact=True)
        expect(opener).to_have_attribute("aria-expanded", "false")
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.locator(f"#open-{name.lower()}")).to_have_attribute("aria-expanded", "true")
        assert not visitor.scrolls_sideways()
        keep_screenshot(visitor, f"panel-{name.lower()}-{'phone' if size is PHONE else 'desk'}")
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(opener).to_be_focused()


def test_what_is_being_read_stays_where_it_is_and_the_panel_stays_open(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([Reply(LONG, piece=10_000)]))
    visitor.ask("Tell me a lot")
    visitor.wait_until_done()
    page = visitor.page
    page.evaluate("document.querySelectorAll('#history .bot p')[20].scrollIntoView({ block: 'start' })")
    page.evaluate("scrollBy(0, -40)")
    visitor.wait_until_still()
    before = page.evaluate(PLACE)
    page.locator("#open-settings").dispatch_event("click")  # Playwright's own click would scroll first
    expect(page.locator("#settings")).to_be_in_viewport()
    visitor.wait_until_still()
    assert abs(page.evaluate(PLACE) - before) < 3
    assert page.evaluate("document.querySelector('#chat').getBoundingClientRect().right") < 1280 - 340
    visitor.close_panel()
    visitor.wait_until_still()
    assert abs(page.evaluate(PLACE) - before) < 3
    visitor.open_settings()
    visitor.reload()
    expect(page.locator("#source")).to_be_in_viewport()
    expect(page.locator("#open-settings")).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("width", [800, 1024, 1150])
def test_nothing_covers_the_page_beside_the_panel_on_a_tablet(visit, width: int):
    visitor = visit(**DESK | {"viewport": {"width": width, "height": 800}})
    page, chats = visitor.page, visitor.page.locator("#chats")
    if chats.is_hidden():
        page.locator("#chats-toggle").click()
    expect(chats).to_be_visible()
    visitor.open_settings()
    assert page.evaluate(COVERS_COMPOSER) is None
    assert not visitor.scrolls_sideways()
    if width > 1099:
        return
    expect(chats).to_be_hidden()
    page.locator("#chats-toggle").click()
    expect(chats).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    visitor.open_settings()
    visitor.close_panel()
    expect(chats).to_be_visible()


def test_the_colours_are_a_choice_that_is_kept_and_there_from_the_first_moment(visit):
    visitor = visit(**DESK, color_scheme="light")
    page = visitor.page
    visitor.open_settings()
    page.get_by_label("Dark", exact=True).check()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.add_init_script(f"({GROUNDS})()")
    visitor.reload()
    expect(page.get_by_label("Dark", exact=True)).to_be_checked()
    assert page.evaluate("[...window.grounds]") == [dark]
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_label("As the system").check()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.get_by_label("Light", exact=True).check()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))


def test_what_was_permitted_is_listed_kept_and_taken_back(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([SOCKET, "One.", SOCKET, "Two.", SOCKET, "Three."]))
    visitor.open_settings()
    permitted = visitor.page.locator("#permitted")
    expect(permitted).to_be_hidden()
    visitor.ask("one")
    allow_for_this_chat(visitor)
    expect(permitted.locator("label")).to_have_text(["Use socket"])
    keep_screenshot(visitor, "panel-permitted")
    visitor.reload()
    expect(permitted.locator("label")).to_have_text(["Use socket"])
    visitor.field("key").fill("sk-other")
    assert visitor.get_answer("two") == "Two."
    visitor.page.get_by_label("Use socket").click()  # it goes at once
    expect(permitted).to_be_hidden()
    visitor.ask("three")
    allow_for_this_chat(visitor)
    expect(permitted.locator("label")).to_have_text(["Use socket"])
    visitor.begin_anew()
    expect(permitted).to_be_hidden()


def test_the_prompt_is_shown_as_it_is_sent_for_both_kinds_of_agent(visit, serve):
    visitor = visit(**DESK)
    server = serve(["One.", "Two."])
    visitor.connect(server)
    visitor.field("instructions").fill("Answer in rhyme.")
    visitor.open_section("prompt")
    sent = visitor.page.locator("#sent-prompt textarea")
    for kind, prompt in (("Writes code", "code_agent"), ("Calls tools: ", "tool_calling_agent")):
        visitor.page.get_by_label(kind).check()
        expect(sent).to_be_hidden()
        visitor.page.locator("#show-prompt").click()
        expect(sent).to_have_value(re.compile(re.escape(read_prompt(prompt).split("\n")[0])))
        shown = sent.input_value()
        assert shown.endswith("Answer in rhyme.") and "{{" not in shown
        visitor.get_answer("hello")
        assert system_prompt(server) == shown


def test_a_preset_sets_much_at_once_and_a_person_saves_their_own(visit, serve):
    visitor = visit(**DESK)
    server = serve(["One.", "Two."])
    visitor.connect(server)
    page, changes = visitor.page, visitor.page.locator("#preset-changes")
    visitor.choose("preset", "Quick answers")
    expect(changes).to_contain_text("Steps 12 → 5")
    expect(changes).to_contain_text("Ask you questions off")
    expect(visitor.page.get_by_label("Ask you questions")).not_to_be_checked()
    visitor.get_answer("one")
    assert "one to three sentences" in system_prompt(server) and "def ask_user(" not in system_prompt(server)
    visitor.field("instructions").fill("Answer in rhyme.")
    visitor.open_section("own-presets")
    expect(page.locator("#preset input")).to_have_value("As set below")
    visitor.field("preset-name").fill("Poet")
    page.locator("#save-preset").click()
    expect(page.locator("#preset input")).to_have_value("Poet")
    visitor.choose("preset", "Standard")
    expect(visitor.field("instructions")).to_have_value("")
    visitor.reload()
    expect(page.locator("#preset input")).to_have_value("Standard")
    visitor.choose("preset", "Poet")
    expect(visitor.field("instructions")).to_have_value("Answer in rhyme.")
    visitor.field("key").fill("sk-other")
    visitor.get_answer("two")
    assert "Answer in rhyme." in system_prompt(server)
    visitor.open_section("own-presets")
    page.locator("#delete-preset").click()
    expect(page.locator("#preset input")).to_have_value("As set below")
    expect(changes).to_contain_text("Deleted.")
