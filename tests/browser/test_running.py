"""While a run is going on: what is seen of it, a reload in the middle, and other visitors at the same time."""

import re
import threading
from dataclasses import replace

from playwright.sync_api import expect

from tests.browser.visitor import code, last_question
from tests.doubles.openai_server import Reply

SLOW_STEP = Reply(code("print('the sum is', 3 + 4)", thought="I add the numbers, one by one. " * 6), delay=0.05)


def test_a_step_is_open_and_grows_while_it_runs(revisit, serve):
    program = "print('the sum is', 3 + 4)\nimport time\ntime.sleep(6)"
    server = serve(
        [code(program, "I add the numbers."), Reply("It is **seven**, " + "as anyone can see, " * 40, delay=0.05)]
    )
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("3 + 4?")
    expect(visitor.page.locator("#stop")).to_be_visible()
    expect(visitor.page.locator("#send")).to_be_hidden()
    step = visitor.steps.last
    expect(step.locator(".content")).to_contain_text("I add the numbers")
    expect(step.locator("pre").first).to_contain_text("print('the sum is', 3 + 4)")
    answer = visitor.answers.last
    expect(answer).to_contain_text("It is seven")
    seen = answer.inner_text()
    expect(answer).not_to_have_text(seen)
    assert answer.inner_text().startswith(seen)
    visitor.wait_until_done()
    expect(visitor.work).to_have_text(re.compile(r"Worked in 1 step · \d+ s"))
    expect(visitor.steps).to_have_count(0)
    expect(visitor.answers.locator("strong")).to_have_text("seven")


def test_a_reload_finds_the_chat_and_the_run_that_is_going_on(revisit, serve):
    slower = replace(SLOW_STEP, delay=0.15)  # a busy machine may take seconds for the reload
    server = serve(["Hello to you.", slower, Reply("It is seven.", delay=0.1)])
    visitor = revisit()
    visitor.connect(server)
    visitor.get_answer("hello")
    visitor.ask("3 + 4?")
    expect(visitor.page.locator("#live")).to_contain_text("I add the numbers")
    visitor.reload()
    expect(visitor.page.locator("#live")).to_contain_text("I add the numbers")
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.wait_until_done()
    for _ in range(2):
        expect(visitor.questions).to_have_text(["hello", "3 + 4?"])
        expect(visitor.answers).to_have_text(["Hello to you.", "It is seven."])
        expect(visitor.work).to_have_count(1)
        expect(visitor.page.locator("#meter")).to_contain_text("2 requests")
        visitor.reload()  # now that the run is over
    assert len(server.requests) == 3


def test_a_question_in_mid_run_is_asked_with_the_settings_of_the_time(revisit, serve):
    server = serve([Reply(code("print('the sum is', 3 + 4)"), delay=0.4), "It is seven.", "You are welcome."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("3 + 4?")
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.field("model").fill("openai/another")
    visitor.send("thanks")
    expect(visitor.answers).to_have_text(["It is seven.", "You are welcome."])
    assert [request.body["model"] for request in server.requests] == ["test", "test", "another"]


def test_two_visitors_at_once_share_nothing(visit, serve):
    both_asked = threading.Barrier(2, timeout=60)

    def script(body: dict) -> str:
        question = last_question(body)
        if question.startswith("remember"):
            both_asked.wait()  # neither is answered before the other one has asked
            return code(f"secret = {question.split()[-1]!r}\nfinal_answer('noted')")
        return code("final_answer(globals().get('secret', 'nothing') + ' is all I know')")

    server = serve(script)
    anna, ben = visit(), visit()
    anna.open_section("prompt")
    anna.field("system-prompt").fill("Always rhyme.")
    for visitor in (anna, ben):
        visitor.connect(server)
    anna.ask("remember apricot")
    ben.ask("remember blueberry")
    anna.wait_until_done()
    ben.wait_until_done()
    assert anna.get_answer("what do you know?") == "apricot is all I know"
    assert ben.get_answer("what do you know?") == "blueberry is all I know"
    assert "blueberry" not in anna.chat.inner_text()
    assert "apricot" not in ben.chat.inner_text()
    chats = [str(request.body["messages"]) for request in server.requests]
    assert all(("apricot" in chat) + ("blueberry" in chat) == 1 for chat in chats)
    assert all(("Always rhyme." in chat) == ("apricot" in chat) for chat in chats)


def test_who_reads_further_up_and_asks_sees_the_answer(revisit, serve):
    visitor = revisit()
    visitor.connect(serve(["A line.\n\n" * 60, Reply(status=401, error="no such key")]))
    visitor.get_answer("many lines")
    visitor.page.evaluate("scrollTo(0, 0)")
    expect(visitor.questions.first).to_be_in_viewport()
    visitor.get_answer("and now?")
    expect(visitor.answers.last).to_be_in_viewport()
