"""Settings take effect with the next message, and are kept by the browser; keys are not."""

import re

import pytest
from playwright.sync_api import expect

from agent_core.prompts import read_prompt
from tests.browser.visitor import KEY, LOCAL, Visitor, code
from tests.doubles.openai_server import OpenAIServer, Reply


@pytest.fixture
def connected(visit, serve):
    """A visitor who is connected to a service with the given script."""

    def connect(script) -> tuple[Visitor, OpenAIServer]:
        visitor, server = visit(), serve(script)
        visitor.connect(server)
        return visitor, server

    return connect


def system_prompt(server: OpenAIServer) -> str:
    return server.requests[-1].body["messages"][0]["content"]


def test_the_system_prompt_and_its_reset(connected):
    visitor, server = connected(["First.", "Second.", "Third."])
    visitor.get_answer("one")
    first_lines = read_prompt("code_agent").split("\n\n")[0]
    assert system_prompt(server).startswith(first_lines)
    visitor.open_section("prompt")
    visitor.field("system-prompt").fill("Answer in rhyme. Tools: {{tools}}")
    visitor.get_answer("two")
    assert re.match(r"Answer in rhyme\. Tools: def web_search\(query: str", system_prompt(server))
    visitor.page.get_by_role("button", name="Reset to the default prompt").click()
    expect(visitor.field("system-prompt")).to_have_value(read_prompt("code_agent"))
    visitor.get_answer("three")
    assert system_prompt(server).startswith(first_lines)


def test_an_import_that_is_taken_away_is_asked_for(connected):
    visitor, server = connected([code("import pandas\npandas.__name__"), "One.", code("import pandas"), "Two."])
    visitor.get_answer("with pandas")
    visitor.open_section("reach")
    visitor.page.locator("#imports .token").filter(has_text="data").get_by_role("button").click()
    visitor.ask("without it")
    visitor.page.get_by_role("button", name="No", exact=True).click()
    visitor.wait_until_done()
    visitor.open_steps()
    titles = visitor.steps.locator(".title p")
    expect(titles).to_have_text(["✓ Computed with pandas", "○ Computed with pandas – did not work"])
    assert "pandas" in server.requests[3].body["messages"][-1]["content"]
    assert "You may import" in system_prompt(server)
    assert "pandas" not in re.findall("You may import.*", system_prompt(server))[0]


def test_a_host_is_checked_and_kept(connected):
    visitor, _ = connected(["One."])
    visitor.open_section("reach")
    hosts = visitor.page.locator("#hosts")
    for name in ("example.org", "https://example.org/path"):
        hosts.locator("input").fill(name)
        hosts.locator("input").press("Enter")
    visitor.send("hello")
    expect(visitor.problem).to_contain_text("“https://example.org/path” is no host such as example.org")
    hosts.locator(".token").last.get_by_role("button").click()
    visitor.ask_typed()
    visitor.wait_until_done()
    visitor.reload()
    visitor.open_section("reach")
    expect(hosts.locator(".token")).to_have_text(["example.org"])


def test_a_tool_that_is_switched_off_is_gone_from_the_prompt_and_from_the_code(connected):
    visitor, server = connected(["One.", code("web_search('x')"), "Two."])
    visitor.get_answer("one")
    assert "def web_search(" in system_prompt(server)
    visitor.open_settings()
    visitor.page.get_by_label("Search the web").uncheck()
    visitor.get_answer("two")
    assert "def web_search(" not in system_prompt(server)
    assert "def visit_webpage(" in system_prompt(server)
    assert "NameError" in server.requests[-1].body["messages"][-1]["content"]


def test_the_limits_of_steps_and_of_tokens(connected):
    step = Reply(code("print(1)"), usage=(1_000, 500))
    visitor, server = connected([step, step, "The best so far.", step, "Better than nothing.", "Fine."])
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("2")
    assert "the limit of 2 steps is reached" in visitor.get_answer("count for ever")
    visitor.page.get_by_label("Tokens").fill("1200")
    assert "the budget of 1,200 tokens is used up" in visitor.get_answer("count again")
    assert visitor.get_answer("thanks") == "Fine."
    visitor.open_steps()
    expect(visitor.steps).to_have_count(3)
    expect(visitor.answers.nth(0)).to_have_text("The best so far.")
    expect(visitor.answers.nth(2)).to_have_text("Better than nothing.")
    assert len(server.requests) == 6


def test_what_requests_say_beside_their_messages_is_the_models_own_until_it_is_set(connected):
    visitor, server = connected(["One.", "Two.", "Three.", Reply(status=400, error="temperature must be 1")])
    asked = ("temperature", "top_p", "seed", "max_tokens")

    def said() -> list:
        return [server.requests[-1].body.get(name) for name in asked]

    visitor.get_answer("one")
    assert said() == [None, None, None, 4_096]
    visitor.open_section("replies")
    for name, value in {"temperature": "0.25", "top-p": "0.9", "seed": "7", "reply-tokens": "500"}.items():
        expect(visitor.field(name)).to_have_attribute("placeholder", "the model's own")
        visitor.field(name).fill(value)
    visitor.get_answer("two")
    assert said() == [0.25, 0.9, 7, 500]
    visitor.wait_until_kept()
    visitor.reload()
    visitor.open_section("replies")
    expect(visitor.field("temperature")).to_have_value("0.25")
    visitor.field("seed").fill("")
    visitor.field("top-p").fill("")
    visitor.connect(server)
    visitor.get_answer("three")
    assert said() == [0.25, None, None, 500]
    refusal = visitor.get_answer("four")
    assert "refuses the setting temperature. Change it, or leave it out." in refusal
    assert "Such settings are under “Advanced”, “Replies of the model”." in refusal
    visitor.field("temperature").fill("3")
    visitor.send("five")
    expect(visitor.problem).to_contain_text("Value 3 is greater than maximum value 2")


def test_another_model_and_back_to_the_demo(connected):
    visitor, server = connected(["One.", "Two."])
    expect(visitor.page.locator("#demo")).to_be_hidden()
    visitor.get_answer("one")
    visitor.field("model").fill("openai/other")
    visitor.get_answer("two")
    assert [request.body["model"] for request in server.requests] == ["test", "other"]
    visitor.choose("source", "Demo: written replies")
    expect(visitor.page.locator("#demo")).to_be_visible()
    expect(visitor.page.locator("#model")).to_be_hidden()
    assert "The cube root of 27 is 3" in visitor.get_answer("What is the cube root of 27?")


def test_a_model_of_the_hub_at_an_address_of_its_own(visit, serve):
    visitor, server = visit(), serve(["Hello from the endpoint."])
    visitor.choose("source", "Hugging Face")
    visitor.field("model").fill("owner/model")
    visitor.field("key").fill("hf_canary")
    visitor.field("address").fill(server.url)
    assert visitor.get_answer("hello") == "Hello from the endpoint."
    assert server.requests[0].body["model"] == "owner/model"
    assert server.requests[0].headers["authorization"] == "Bearer hf_canary"


def test_a_key_is_for_one_source_and_one_that_is_typed_at_once_for_the_next_is_kept(visit, serve):
    visitor, server = visit(), serve(["Hello."])
    visitor.choose("source", "Hugging Face")
    visitor.field("key").fill("hf_canary")
    with visitor.slow_app():
        visitor.choose("source", LOCAL)
        expect(visitor.field("key")).to_have_value("")
        visitor.field("key").fill(KEY)
    expect(visitor.page.locator("#model input, #model textarea")).to_have_attribute(
        "placeholder", re.compile("openai/")
    )
    visitor.field("model").fill("openai/test")
    visitor.field("address").fill(server.url)
    assert visitor.get_answer("hello") == "Hello."
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_question_before_the_settings_are_filled_waits_for_them(connected):
    visitor, server = connected(["One.", "Two."])
    visitor.get_answer("one")
    visitor.let_settle()
    with visitor.slow_app():
        visitor.page.reload()
        visitor.send("two")
    expect(visitor.answers).to_have_text(["One.", "Two."])
    assert [request.body["model"] for request in server.requests] == ["test", "test"]
    assert len(server.requests[1].body["messages"]) == 4, "the question did not come into the same chat"


def test_settings_survive_a_reload_and_the_key_does_not(connected):
    visitor, server = connected(["One.", "Two.", "Three."])
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("7")
    visitor.open_section("prompt")
    visitor.field("system-prompt").fill("Be brief.")
    visitor.page.get_by_label("Search the web").uncheck()
    visitor.open_section("reach")
    visitor.page.locator("#imports .token").filter(has_text="data").get_by_role("button").click()
    visitor.get_answer("one")
    for _ in range(2):  # what the page does while it fills the form must not change what is kept
        visitor.reload()
        expect(visitor.field("model")).to_have_value("openai/test")
    expect(visitor.field("address")).to_have_value(server.url)
    expect(visitor.field("key")).to_have_value("")
    visitor.open_section("limits")
    expect(visitor.page.get_by_label("Steps")).to_have_value("7")
    expect(visitor.page.get_by_label("Search the web")).not_to_be_checked()
    visitor.open_section("reach")
    expect(visitor.page.locator("#imports .token")).to_have_text(["stdlib"])
    assert KEY not in visitor.page.content()
    assert KEY not in visitor.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    visitor.get_answer("two")  # in the same chat, the app still has the key
    visitor.begin_anew()
    expect(visitor.questions).to_have_count(0)
    visitor.get_answer("three")  # a new chat has nothing but what the browser kept
    authorizations = [request.headers.get("authorization", "") for request in server.requests]
    assert authorizations[:2] == [f"Bearer {KEY}"] * 2
    assert KEY not in authorizations[2]
    assert system_prompt(server) == "Be brief."


def test_a_value_that_cannot_be_used_is_named(visit):
    visitor = visit()
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("")
    visitor.send("hello")
    expect(visitor.problem).to_contain_text("The setting “Steps” cannot be used")
    expect(visitor.question).to_have_value("hello")


def test_a_source_can_be_chosen_with_the_keyboard(visit):
    visitor = visit()
    visitor.open_settings()
    visitor.page.locator("#source input").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        visitor.page.keyboard.press(key)
    expect(visitor.page.locator("#source input")).not_to_have_value("Automatic")
    expect(visitor.page.locator("#model")).to_be_visible()
    expect(visitor.page.locator("#demo")).to_be_hidden()
