"""Back to an earlier question or step: edited, answered again, taken back."""

from playwright.sync_api import expect

from tests.browser.counting import button, count
from tests.browser.visitor import DESK, PHONE, keep_screenshot


def test_a_question_is_edited_and_both_versions_stay(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve(count))
    assert visitor.get_answer("one") == "Now n is 1 1."
    assert visitor.get_answer("two") == "Now n is 2 1 2."
    assert visitor.get_answer("three") == "Now n is 3 1 2 3."
    keep_screenshot(visitor, "turn-bars")
    button(visitor, "Edit", 1).click()
    expect(visitor.question).to_have_value("two")
    expect(visitor.page.locator("#editing")).to_contain_text("You are editing question 2.")
    keep_screenshot(visitor, "editing")
    visitor.send("two, please")
    expect(visitor.questions.last).to_contain_text("two, please")
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["Now n is 1 1.", "Now n is 2 1 2."])
    expect(visitor.page.locator("#editing button")).to_have_count(0)
    expect(visitor.chat.locator(".answer-bar").last).to_contain_text("2/2")
    button(visitor, "Earlier version").click()
    expect(visitor.answers).to_have_text(["Now n is 1 1.", "Now n is 2 1 2.", "Now n is 3 1 2 3."])
    assert visitor.get_answer("four") == "Now n is 4 1 2 3 4."
    button(visitor, "Later version").click()
    expect(visitor.answers).to_have_text(["Now n is 1 1.", "Now n is 2 1 2."])
    assert visitor.get_answer("and on") == "Now n is 3 1 2 3."
    visitor.reload()
    expect(visitor.answers).to_have_text(["Now n is 1 1.", "Now n is 2 1 2.", "Now n is 3 1 2 3."])
    assert visitor.errors == []


def test_an_answer_is_given_again_and_a_question_taken_back(visit, serve):
    visitor = visit(**PHONE)
    replies = iter(["Heads.", "Tails.", "Once more."])
    visitor.connect(serve(lambda _: next(replies)))
    assert visitor.get_answer("Toss a coin") == "Heads."
    button(visitor, "Retry").click()
    expect(visitor.answers).to_have_text(["Tails."])
    visitor.wait_until_done()
    expect(visitor.chat.locator(".answer-bar")).to_contain_text("2/2")
    keep_screenshot(visitor, "phone-turn-bars")
    button(visitor, "Undo").click()
    expect(visitor.questions).to_have_count(0)
    assert visitor.get_answer("Toss again") == "Once more."
    expect(visitor.chat.locator(".answer-bar")).to_contain_text("3/3")
    assert not visitor.scrolls_sideways()


def test_editing_can_be_given_up(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve(["First.", "Second."]))
    visitor.get_answer("one")
    button(visitor, "Edit").click()
    expect(visitor.question).to_have_value("one")
    visitor.page.locator("#editing").get_by_role("button", name="Cancel").click()
    expect(visitor.question).to_have_value("")
    assert visitor.get_answer("two") == "Second."
    expect(visitor.questions).to_have_count(2)


def test_the_code_of_a_step_is_edited_and_run_from_there(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve(count))
    visitor.get_answer("one")
    visitor.get_answer("two")
    visitor.open_steps()
    visitor.unfold(visitor.steps.last.locator(".title"))
    button(visitor, "Edit this code").click()
    expect(visitor.page.locator("#editing")).to_contain_text("You are editing the code of step 3.")
    visitor.send("n = 40\nprint('n is', n)")
    expect(visitor.answers).to_have_text(["Now n is 1 1.", "Now n is 40."])
    visitor.wait_until_done()
    assert visitor.get_answer("three") == "Now n is 41 1 41."
