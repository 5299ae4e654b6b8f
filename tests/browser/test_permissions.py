"""The running code asks for something, and a person decides in the chat while it waits."""

from playwright.sync_api import Locator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot

# Tells how often its first half has run.
IMPORT = code(
    "# Ask the net\nwith open('runs.txt', 'a') as runs:\n    runs.write('x')\nprint('before')\nimport socket\n"
    "print('after', open('runs.txt').read(), socket.__name__)"
)
ONCE, ALWAYS, NO = "Allow once", "Allow for this chat", "No"


def buttons(visitor: Visitor) -> Locator:
    return visitor.page.locator("#live .option")


def question(visitor: Visitor) -> Locator:
    """The open question."""
    expect(buttons(visitor)).to_have_text([ONCE, ALWAYS, NO])
    return visitor.page.locator("#live").get_by_test_id("bot").last


def decide(visitor: Visitor, decision: str) -> None:
    expect(buttons(visitor)).to_have_count(3)
    visitor.page.get_by_role("button", name=decision, exact=True).click()


def test_allowed_once_the_code_goes_on_from_that_line_and_is_asked_again_later(revisit, serve):
    server = serve([IMPORT, "Done.", IMPORT, "Done again."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go")
    expect(question(visitor)).to_contain_text("The code asks to use “socket”. It opens network connections.")
    expect(visitor.doing).to_have_text("Waiting for your decision")
    decide(visitor, ONCE)
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["✓ You allowed “socket” once.", "Done."])
    assert server.requests[1].body["messages"][-1]["content"].startswith("Output:\nbefore\nafter x socket\n")
    visitor.ask("go again")
    expect(question(visitor)).to_contain_text("socket")
    decide(visitor, NO)
    visitor.wait_until_done()


def test_allowed_for_the_chat_it_is_not_asked_again(revisit, serve):
    server = serve([IMPORT, IMPORT, "Done.", IMPORT, "Done again."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go")
    decide(visitor, ALWAYS)
    visitor.wait_until_done()
    assert visitor.get_answer("go again") == "Done again."
    expect(visitor.answers).to_have_text(["✓ You allowed “socket” for this chat.", "Done.", "Done again."])
    assert server.requests[4].body["messages"][-1]["content"].startswith("Output:\nbefore\nafter xxx socket\n")


def test_what_is_not_allowed_is_told_to_the_model(revisit, serve):
    server = serve([IMPORT, "I do without."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go")
    decide(visitor, NO)
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["✗ “socket” was not allowed.", "I do without."])
    visitor.open_steps()
    expect(visitor.steps.locator(".title p")).to_have_text("○ Ask the net – did not work")
    told = server.requests[1].body["messages"][-1]["content"]
    assert "before" in told and "after" not in told and "socket" in told


def test_a_host_is_asked_for_by_its_name(revisit, serve):
    server = serve([code("import urllib.request\nurllib.request.urlopen('http://example.org/')"), "I do without."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go")
    expect(question(visitor)).to_contain_text("The code asks to connect to “example.org”.")
    decide(visitor, NO)
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["✗ “example.org” was not allowed.", "I do without."])


def test_after_a_reload_the_question_is_there_again_and_any_page_of_the_chat_may_answer(visit, serve):
    visitor = visit()
    visitor.connect(serve([IMPORT, "Done."]))
    visitor.ask("go")
    expect(question(visitor)).to_contain_text("socket")
    visitor.reload()
    expect(question(visitor)).to_contain_text("socket")
    other = Visitor(visitor.context, visitor.page.url)
    expect(question(other)).to_contain_text("socket")
    decide(other, ONCE)
    for page in (visitor, other):
        page.wait_until_done()
        expect(page.answers).to_have_text(["✓ You allowed “socket” once.", "Done."])
    assert other.errors == []


def test_an_answer_that_comes_too_late_changes_nothing(revisit, serve):
    visitor = revisit()
    visitor.connect(serve([IMPORT, "Done."]))
    visitor.ask("go")
    expect(question(visitor)).to_contain_text("socket")
    buttons(visitor).first.evaluate("button => { button.click(); button.click(); }")
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["✓ You allowed “socket” once.", "Done."])
    expect(visitor.problem).to_be_hidden()


def test_stop_while_it_waits(revisit, serve):
    server = serve([code("kept = 7"), "Noted.", IMPORT, code("final_answer(f'kept is {kept}')")])
    visitor = revisit()
    visitor.connect(server)
    visitor.get_answer("keep 7")
    visitor.ask("go")
    expect(question(visitor)).to_contain_text("socket")
    visitor.stop()
    expect(visitor.answers).to_have_text(["Noted.", "✗ “socket” was not allowed.", "■ Stopped."])
    expect(visitor.page.locator(".option")).to_have_count(0)
    assert visitor.get_answer("what was kept?") == "kept is 7"


def look_at_a_question(visitor: Visitor, name: str) -> None:
    """See that the open question fits, and keep pictures of it and of what is left of it."""
    for button in buttons(visitor).all():
        expect(button).to_be_in_viewport(ratio=1)
    expect(visitor.doing).to_have_text("Waiting for your decision")
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, f"{name}-question")
    decide(visitor, ALWAYS)
    visitor.wait_until_done()
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, f"{name}-decision")


def test_the_question_on_a_desk_and_in_the_dark(visit, serve):
    for name, colors in (("desk", "light"), ("dark", "dark")):
        visitor = visit(**DESK, color_scheme=colors)
        visitor.connect(serve([IMPORT, "The page is **there**."]))
        visitor.ask("Is the page of the museum there?")
        expect(question(visitor)).to_contain_text("socket")
        look_at_a_question(visitor, name)


def test_the_question_on_a_phone(visit, serve):
    visitor = visit(**PHONE)
    visitor.connect(serve([IMPORT, "The page is **there**."]))
    visitor.ask("Is the page of the museum there?")
    expect(question(visitor)).to_contain_text("socket")
    look_at_a_question(visitor, "phone")
