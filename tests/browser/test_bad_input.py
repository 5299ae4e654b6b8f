"""What goes wrong ends in one plain sentence; the chat stays usable, and nothing earlier is lost."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import KEY, LOCAL, STILL, Visitor, code
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import free_port

FAILURES = {
    "wrong key": (
        Reply(status=401, error="Incorrect API key provided"),
        "The service refused the key for test.",
    ),
    "unknown model": (
        Reply(status=404, error="The model does not exist", code="model_not_found"),
        "The service does not know the model test.",
    ),
    "garbage": (Reply("some text", fault="garbage"), "test sent something that is not a chat reply."),
    "broken off": (Reply("some text", fault="break_off"), "The reply of test broke off. Try again."),
    "nothing": (Reply(fault="nothing"), "test sent an empty reply."),
}
PROGRAMS = {
    "missing import": ("import numpy_of_mars", "numpy_of_mars"),
    "syntax error": ("print('it'", "'(' was never closed"),
    "exception": ("kept = 41\n1 / 0", "ZeroDivisionError: division by zero"),
    "exit": ("import sys\nsys.exit(3)", "3"),
    "100 MB print": ("print('x' * 100_000_000)", "characters left out"),
}


@pytest.fixture(scope="module")
def chat(browser, app):
    """One chat for all bad replies, as one after the other may come in a person's chat."""

    def script(body: dict) -> Reply | str:
        said = body["messages"][-1]["content"]
        for name, (reply, _) in FAILURES.items():
            if said.endswith(f"say {name}"):
                return reply
        for name, (program, _) in PROGRAMS.items():
            if said.endswith(f"run {name}"):
                return code(program)
        return "Hello." if said.endswith("hello") else f"I was told this: {said[:300]}"

    with OpenAIServer(script) as server:
        visitor = Visitor(browser.new_context(**STILL), app.url)
        visitor.connect(server)
        assert visitor.get_answer("hello") == "Hello."
        yield visitor
        visitor.context.close()


def expect_a_usable_chat(visitor: Visitor, said: Locator, questions: list[str]) -> None:
    """What was said stays there while the chat goes on."""
    before = said.inner_text()
    assert visitor.get_answer("hello") == "Hello."
    expect(visitor.questions).to_have_text([*questions, "hello"])
    assert said.inner_text() == before


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_fails(chat, name):
    questions = [*chat.questions.all_inner_texts(), f"say {name}"]
    chat.ask(questions[-1])
    chat.wait_until_done()
    sentence = chat.answers.nth(chat.answers.count() - 1)
    expect(sentence).to_contain_text(f"⚠️ {FAILURES[name][1]}")
    assert "\n" not in sentence.inner_text().strip()
    expect_a_usable_chat(chat, sentence, questions)


@pytest.mark.parametrize("name", PROGRAMS)
def test_code_that_fails(chat, name):
    questions = [*chat.questions.all_inner_texts(), f"run {name}"]
    sign = PROGRAMS[name][1]
    answer = chat.get_answer(questions[-1])
    assert answer.startswith("I was told this:")
    assert sign in answer or name == "100 MB print"
    chat.open_steps()
    step = chat.steps.last
    chat.unfold(step.locator(".title"))
    expect(step.locator(".content")).to_contain_text(sign)
    expect_a_usable_chat(chat, step, questions)


@pytest.mark.parametrize(
    ("source", "model", "sentence"),
    [
        ("Hugging Face", "", "There is no Hugging Face token for Qwen/Qwen2.5-Coder-32B-Instruct."),
        (LOCAL, "nonsense", "The service does not know the model nonsense."),
        (LOCAL, "openai/test", "The service wants a valid key for openai/test. You can type one in the settings."),
    ],
    ids=["no token", "no such model", "no key"],
)
def test_settings_that_lead_nowhere(visit, serve, source, model, sentence):
    visitor = visit()
    visitor.choose("source", source)
    visitor.field("model").fill(model)
    assert sentence in visitor.get_answer("hello")
    visitor.connect(serve(["Here I am."]))
    assert visitor.get_answer("hello?") == "Here I am."
    expect(visitor.questions).to_have_text(["hello", "hello?"])


def test_the_settings_are_one_press_away_from_a_failure_that_they_can_fix(visit, serve):
    visitor = visit()
    visitor.connect(serve([Reply(status=401, error="no"), Reply("some text", fault="break_off"), "Hello."]))
    visitor.get_answer("hello")
    button = visitor.chat.get_by_role("button", name="Settings")
    for _ in range(2):
        button.click()
        expect(visitor.page.locator("#settings")).to_be_in_viewport()
    visitor.close_panel()
    visitor.get_answer("once more")
    expect(button).to_have_count(1)


def test_no_network(visit, serve):
    visitor, server = visit(), serve(["Here I am."])
    visitor.connect(server)
    visitor.field("address").fill(f"http://127.0.0.1:{free_port()}/v1")
    assert "Nothing answers at the address of test." in visitor.get_answer("hello")
    visitor.field("address").fill(server.url)
    visitor.send("hello?")
    expect(visitor.problem).to_contain_text("The key in the settings was typed for another provider or address.")
    visitor.field("key").fill(f"{KEY}-of-this-one")
    assert visitor.get_answer("hello?") == "Here I am."


def test_what_cannot_be_asked_stays_in_its_box(visit):
    visitor = visit()
    too_long = "Why? " * 40_000
    visitor.choose("source", LOCAL)
    for text, sentence in [
        ("", "Type a question first."),
        ("  \n ", "Type a question first."),
        (too_long, "The question is too long: it has 199,999 characters; at most 50,000 fit."),
        ("hello", "Name the model in the settings"),
    ]:
        visitor.question.fill(text)
        visitor.page.locator("#send").click()
        expect(visitor.problem).to_contain_text(sentence)
        expect(visitor.question).to_have_value(text)
        visitor.page.locator("#problem button").click()
        expect(visitor.problem).to_be_hidden()
    expect(visitor.questions).to_have_count(0)
    visitor.choose("source", "Demo: written replies")
    assert "The cube root of 27 is 3" in visitor.get_answer("What is the cube root of 27?")
