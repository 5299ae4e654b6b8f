"""What is sent while a run goes on waits, and is asked when the run has ended well."""

import threading

from playwright.sync_api import Route, expect

from tests.browser.visitor import DESK, PHONE, keep_screenshot, last_question
from tests.doubles.openai_server import Reply


class Model:
    """A model that gives its first answer when it is told to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def __call__(self, body: dict) -> str:
        question = last_question(body)
        if question == "one":
            assert self.may_answer.wait(60)
        return f"Answer to {question}."


def test_questions_wait_in_their_order_and_are_asked_by_themselves(visit, serve):
    server = serve(model := Model())
    visitor = visit(**DESK)
    visitor.connect(server)
    visitor.send("one")
    expect(visitor.questions).to_have_text(["one"])
    visitor.send("two")
    expect(visitor.question).to_have_value("")
    visitor.question.fill("not this")
    visitor.page.locator("#send-next").click()
    visitor.send("three")
    expect(visitor.waiting).to_contain_text(["Next: two", "Next: not this", "Next: three"])
    keep_screenshot(visitor, "desk-next")
    visitor.page.get_by_role("button", name="Take it back into the box: not this").click()
    expect(visitor.question).to_have_value("not this")
    visitor.question.fill("")
    model.may_answer.set()
    for answers in (["one"], ["one", "two"], ["one", "two", "three"]):
        expect(visitor.answers).to_contain_text([f"Answer to {question}." for question in answers])
    visitor.wait_until_done()
    expect(visitor.questions).to_contain_text(["one", "two", "three"])
    expect(visitor.waiting).to_have_count(0)
    assert [last_question(request.body) for request in server.requests] == ["one", "two", "three"]


def test_they_are_asked_also_if_the_app_takes_its_time_to_end_a_run(visit, serve):
    visitor = visit()
    visitor.connect(serve(model := Model()))
    visitor.send("one")
    expect(visitor.questions).to_have_text(["one"])
    visitor.send("two")
    expect(visitor.waiting).to_have_count(1)
    late = ["busy", "running", "running"]  # what the page hears when it has shown the end

    def answer(route: Route) -> None:
        told = route.fetch().json()
        if told["running"] or not late:
            route.fulfill(json=told)
        elif late.pop() == "busy":
            route.abort()
        else:
            route.fulfill(json=told | {"running": True, "ended": ""})

    visitor.page.route("**/pulse?*", answer)
    model.may_answer.set()
    expect(visitor.answers).to_contain_text(["Answer to one.", "Answer to two."])
    assert not late


def test_after_a_stop_they_stay_until_they_are_sent(visit, serve):
    visitor = visit(**(PHONE | {"viewport": DESK["viewport"]}))
    visitor.connect(serve([Reply("On and on. " * 200, delay=0.1), "The second."]))
    visitor.page.set_viewport_size(PHONE["viewport"])
    visitor.send("one")
    expect(visitor.questions).to_have_text(["one"])
    visitor.question.fill("two " + "and more " * 30)
    visitor.page.locator("#send-next").tap()
    expect(visitor.waiting).to_have_count(1)
    assert not visitor.scrolls_sideways()
    visitor.stop()
    now = visitor.page.get_by_role("button", name="Send now")
    expect(now).to_be_in_viewport(ratio=1)
    keep_screenshot(visitor, "phone-next-stopped")
    visitor.reload()  # the settings, too, as they were
    expect(visitor.questions).to_have_text(["one"])
    expect(visitor.waiting).to_contain_text(["Next: two and more"])
    now.tap()
    expect(visitor.waiting).to_have_count(0)
    expect(visitor.questions).to_contain_text(["one", "two and more"])


def test_they_wait_in_their_own_chat(visit, serve):
    visitor = visit()
    visitor.connect(serve(model := Model()))
    visitor.send("one")
    expect(visitor.questions).to_have_text(["one"])
    visitor.send("two")
    expect(visitor.waiting).to_have_count(1)
    first = visitor.page.url
    visitor.begin_anew()
    visitor.send("elsewhere")  # at once, while the page may still show the other chat
    expect(visitor.answers).to_have_text(["Answer to elsewhere."])
    expect(visitor.waiting).to_have_count(0)
    model.may_answer.set()
    visitor.page.wait_for_function(
        "async address => !(await (await fetch(address.replace('?', 'pulse?'))).json()).running", arg=first
    )
    visitor.page.goto(first)
    expect(visitor.answers).to_contain_text(["Answer to one."])
    expect(visitor.questions).to_contain_text(["one"])
    expect(visitor.waiting).to_contain_text(["Next: two"])
