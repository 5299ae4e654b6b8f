"""That the agent asks something or is done is noticed, and the reply is at hand."""

import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor, code, keep_screenshot

LOOK_AWAY = """away => {
    Object.defineProperty(document, "hidden", { value: away, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
# In place of the browser's notifications: what was told, and how often the person was asked whether they want them.
NOTE_NOTIFICATIONS = """permission => {
    window.told = [];
    window.asked = 0;
    window.Notification = class {
        static permission = permission;
        static async requestPermission() {
            window.asked += 1;
            return (this.permission = "granted");
        }
        constructor(title) { window.told.push(title); }
        addEventListener() {}
    };
}"""
IMPORT = code("import socket\nprint('imported')")


@pytest.fixture
def asked(visit, serve):
    """A visitor whose run asks for a permission once the returned event is set, and then ends."""
    go = threading.Event()
    replies = iter([IMPORT, "I have it."])

    def reply(_: dict) -> str:
        assert go.wait(60)
        return next(replies)

    def begin(permission: str = "default", **options) -> tuple[Visitor, threading.Event]:
        visitor = visit(**options)
        visitor.connect(serve(reply))
        visitor.page.evaluate(NOTE_NOTIFICATIONS, permission)
        visitor.ask("Get a *socket*")
        return visitor, go

    return begin


def test_the_title_of_a_page_in_the_background_says_what_happens(asked):
    visitor, go = asked()
    tell_me = visitor.page.get_by_role("button", name="Tell me when it is done")
    expect(tell_me).to_be_visible()
    visitor.page.evaluate(LOOK_AWAY, True)
    go.set()
    expect(visitor.page).to_have_title("❓ Asks: The code asks to use “socket”.")
    assert visitor.page.evaluate("[told, asked]") == [[], 0], "nobody had allowed it, and nobody was asked"
    visitor.page.evaluate(LOOK_AWAY, False)
    expect(visitor.page).to_have_title("Glassbox")
    tell_me.click()
    expect(tell_me).to_be_hidden()
    visitor.page.evaluate(LOOK_AWAY, True)
    visitor.page.get_by_role("button", name="Allow once").click()
    expect(visitor.page).to_have_title("● Done: Get a *socket*")
    assert visitor.page.evaluate("[told, asked]") == [["● Done: Get a *socket*"], 1]
    visitor.page.evaluate(LOOK_AWAY, False)
    expect(visitor.page).to_have_title("Glassbox")


def test_the_reply_is_at_hand_and_the_time_for_it_shows(asked):
    visitor, go = asked("granted")
    go.set()
    first = visitor.page.get_by_role("button", name="Allow once")
    expect(first).to_be_focused()
    expect(visitor.page.locator("#time-left")).to_have_text(re.compile(r"Time to reply: 4:[345]\d\. It stands still"))
    keep_screenshot(visitor, "desk-time-left")
    with visitor.page.expect_request(re.compile("pulse.*seen=1")):
        pass
    visitor.page.evaluate(LOOK_AWAY, True)
    with visitor.page.expect_request(re.compile("pulse.*seen=$")):
        pass
    visitor.page.evaluate(LOOK_AWAY, False)
    visitor.page.wait_for_function("() => document.querySelector('#live .options').getAnimations().length === 0")
    first.press("Enter")
    visitor.wait_until_done()
    expect(visitor.question).to_be_focused()
    expect(visitor.page.locator("#time-left")).to_have_text("")
    expect(visitor.answers).to_have_text(["✓ You allowed “socket” once.", "I have it."])


def test_who_is_typing_goes_on_typing(asked):
    visitor, go = asked()
    visitor.question.type("the next")
    go.set()
    expect(visitor.page.get_by_role("button", name="Allow once")).to_be_visible()
    expect(visitor.question).to_be_focused()
    visitor.question.press("Enter")
    expect(visitor.waiting).to_contain_text(["Next: the next"])
    visitor.page.get_by_role("button", name="No", exact=True).click()
    expect(visitor.questions).to_contain_text(["Get a *socket*", "the next"])
