"""What the page shows of plans, waits, fall-backs and limits, and going on after a limit."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot
from tests.doubles.openai_server import Reply

BUSY = Reply(status=503, error="busy", headers={"Retry-After": "2"})
PLAN = "1. Count the rows.\n2. Answer."


def continue_button(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("button", name="Continue", exact=True)


def set_number(visitor: Visitor, label: str, value: int) -> None:
    visitor.open_settings()
    visitor.page.get_by_label(label, exact=True).fill(str(value))


def at_the_limit(visit, serve, replies, **options) -> Visitor:
    visitor = visit(**options)
    visitor.connect(serve(replies))
    visitor.open_section("limits")
    set_number(visitor, "Steps", 1)
    visitor.close_panel()
    visitor.get_answer("count for long")
    return visitor


def test_after_a_limit_the_run_goes_on_at_the_press_of_a_button(visit, serve):
    visitor = at_the_limit(visit, serve, [code("# Begin\nx = 1"), "About 1.", code("# End\nfinal_answer(x + 1)")])
    expect(continue_button(visitor)).to_be_visible()
    keep_screenshot(visitor, "continue")
    continue_button(visitor).click()
    expect(visitor.answers.last).to_have_text("2")
    visitor.wait_until_done()
    expect(visitor.questions).to_have_count(1)
    expect(continue_button(visitor)).to_have_count(0)
    visitor.open_steps()
    expect(visitor.steps).to_have_text([re.compile("Begin"), re.compile("The answer so far"), re.compile("End")])
    expect(visitor.page.locator("#meter")).to_contain_text("3 requests")
    visitor.reload()
    expect(visitor.answers.last).to_have_text("2")
    visitor.open_steps()
    expect(visitor.steps).to_have_count(3)


def test_a_new_question_takes_the_button_away(visit, serve):
    visitor = at_the_limit(visit, serve, [code("# Begin\nx = 1"), "About 1.", "Hello.", "Hello again."])
    expect(continue_button(visitor)).to_be_visible()
    assert visitor.get_answer("hello") == "Hello."
    expect(continue_button(visitor)).to_have_count(0)


def test_a_plan_stands_before_the_steps(visit, serve):
    visitor = visit()
    visitor.connect(serve([PLAN, code("# Count\nx = 3"), "1. Only answer.", code("# Say it\nfinal_answer(x)")]))
    visitor.open_section("limits")
    set_number(visitor, "Plan", 1)
    assert visitor.get_answer("how many?") == "3"
    visitor.open_steps()
    titles = ["Plan", "Count", "Plan, renewed", "Say it"]
    expect(visitor.steps).to_have_text([re.compile(title) for title in titles])
    visitor.steps.first.locator("button, .title").first.click()
    expect(visitor.steps.first.get_by_text("Count the rows.")).to_be_in_viewport(ratio=0.99)
    keep_screenshot(visitor, "plan")


def test_the_page_says_that_it_waits_and_why(visit, serve):
    visitor = visit(**DESK, color_scheme="dark")
    visitor.connect(serve([BUSY, "Hello."]))
    visitor.ask("hello")
    waiting = visitor.chat.get_by_text("Trying test again in 2 s.")
    expect(waiting).to_be_visible()
    expect(visitor.chat).to_contain_text("failed (HTTP 503)")
    keep_screenshot(visitor, "waiting-dark")
    visitor.wait_until_done()
    expect(waiting).to_be_hidden()
    expect(visitor.answers).to_have_text(["Hello."])


def test_a_fall_back_takes_over_and_the_page_says_so(visit, serve):
    visitor = visit(**PHONE)
    server = serve(lambda body: Reply(status=402, error="no credit") if body["model"] == "test" else "Hello.")
    visitor.connect(server)
    visitor.open_section("advanced")
    visitor.field("fallback").fill("openai/spare")
    visitor.close_panel()
    assert visitor.get_answer("hello") == "Hello."
    expect(visitor.answers.first).to_contain_text("Switched to spare.")
    keep_screenshot(visitor, "fall-back-phone")
    assert not visitor.scrolls_sideways()


def test_going_in_circles_ends_with_the_best_answer_and_says_why(revisit, serve):
    visitor = revisit()
    visitor.connect(serve([code("# Divide\n1 / 0")] * 3 + ["It cannot be divided."]))
    visitor.ask("divide")
    visitor.wait_until_done()
    expect(visitor.answers.first).to_have_text("It cannot be divided.")
    expect(visitor.answers.last).to_contain_text("the same error came up 3 times")
    expect(continue_button(visitor)).to_be_visible()


def test_an_answer_that_was_cut_off_goes_on_as_one(revisit, serve):
    visitor = revisit()
    rest = Reply("It begins in a small town by the sea.", delay=0.2)
    visitor.connect(serve([Reply("A story. It begins in a sm", finish="length"), rest]))
    visitor.get_answer("tell a story")
    visitor.page.get_by_role("button", name="Go on").click()
    expect(visitor.page.locator("#live").get_by_text("A story. It begins in a sm", exact=True)).to_be_visible()
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["A story. It begins in a small town by the sea."])
    expect(visitor.steps).to_have_count(0)
