"""The page by keyboard alone."""

from playwright.sync_api import expect

from tests.browser.visitor import DESK, code


def test_the_shortcuts_do_what_their_list_says(visit, serve):
    visitor = visit(**DESK)
    page, press = visitor.page, visitor.page.keyboard.press
    visitor.connect(serve(["Here.", code("import time; time.sleep(60)"), "Again."]))
    press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_focused()
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    visitor.open_settings()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    press("Escape")
    visitor.close_panel()
    press("Shift+Escape")
    expect(visitor.question).to_be_focused()
    page.keyboard.type("first")
    press("Shift+Enter")
    page.keyboard.type("second")
    press("Enter")
    expect(visitor.questions).to_have_count(1)
    visitor.wait_until_done()
    visitor.question.focus()
    press("ArrowUp")
    expect(page.locator("#editing button")).to_be_visible()
    expect(visitor.question).to_have_value("first\nsecond")
    press("Control+k")
    expect(page.get_by_role("searchbox", name="Search chats")).to_be_focused()
    press("Control+Shift+S")
    expect(page.get_by_role("navigation", name="Chats")).to_be_hidden()
    press("Control+k")
    expect(page.get_by_role("searchbox", name="Search chats")).to_be_focused()
    press("Control+Shift+O")
    expect(visitor.questions).to_have_count(0)
    visitor.ask("wait")
    expect(page.locator("#stop")).to_be_visible()
    press("Control+.")
    expect(visitor.answers.last).to_contain_text("Stopped")


def test_a_step_opens_and_closes_by_keyboard_and_says_which(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([code("print(6 * 7)"), "It is 42."]))
    visitor.get_answer("How much is 6 times 7?")
    step = visitor.page.locator("#history .thought-group > .title").first  # that of all steps
    expect(step).to_have_attribute("aria-expanded", "false")
    step.focus()
    for key in ("Enter", "Space"):
        visitor.page.keyboard.press(key)
        expect(step).to_have_attribute("aria-expanded", "true" if key == "Enter" else "false")
