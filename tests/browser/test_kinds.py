"""The kind of agent is a setting; a chat goes on when it changes."""

from playwright.sync_api import expect

from agent_core.prompts import read_prompt
from tests.browser.visitor import DESK, Visitor, code, keep_screenshot
from tests.doubles.openai_server import Reply

CALLS_TOOLS, WRITES_CODE = "Calls tools: does only what its tools do.", "Writes code: can do most."
ASK = Reply("I ask.", call=("ask_user", {"question": "Which city?", "options": ["Bern", "Bonn"]}))
LOOK = Reply("I look.", call=("python", {"code": "# Look at what was kept\nkept"}))


def test_a_chat_changes_its_kind_of_agent_and_goes_on(visit, serve):
    server = serve([code("kept = 7"), "Noted.", ASK, LOOK, "It is **7**.", "Back."])
    visitor = visit(**DESK)
    visitor.connect(server, model="openai/gpt-4.1-mini")  # one that has native calls
    visitor.get_answer("Keep 7.")
    visitor.open_settings()
    visitor.page.get_by_label(CALLS_TOOLS).check()
    edit_the_prompt(visitor)
    visitor.ask("What was kept?")
    expect(visitor.page.locator("#live .option")).to_have_text(["Bern", "Bonn"])
    keep_screenshot(visitor, "desk-tools-asked")
    visitor.send("Zürich")
    visitor.wait_until_done()
    visitor.open_steps()
    titles = visitor.steps.locator(".title p")
    expect(titles).to_have_text(["✓ Ran some Python", "✓ Asked you: “Which city?”", "✓ Look at what was kept"])
    expect(visitor.answers.last).to_have_text("It is 7.")
    visitor.unfold(visitor.steps.locator(".title").nth(1))
    expect(visitor.steps.nth(1).locator(".content")).to_contain_text("Zürich")
    keep_screenshot(visitor, "desk-tools-answer")
    look_at_the_requests(server)
    visitor.reload()
    expect(visitor.page.get_by_label(CALLS_TOOLS)).to_be_checked()
    visitor.page.get_by_label(WRITES_CODE).check()
    visitor.field("key").fill("sk-other")
    visitor.get_answer("And now?")
    assert server.requests[5].body["messages"][0]["content"].startswith(first_lines("code_agent"))


def edit_the_prompt(visitor: Visitor) -> None:
    """The box has the prompt of the kind that is chosen; each keeps what is written in it."""
    visitor.open_section("prompt")
    expect(visitor.page.locator("#system-prompt")).to_be_hidden()
    expect(visitor.field("tool-prompt")).to_have_value(read_prompt("tool_calling_agent"))
    visitor.page.locator("#agent").scroll_into_view_if_needed()
    keep_screenshot(visitor, "desk-kinds")
    visitor.field("tool-prompt").fill("Call tools only.\n{{python}}")
    visitor.page.get_by_label(WRITES_CODE).check()
    expect(visitor.field("system-prompt")).to_have_value(read_prompt("code_agent"))
    visitor.page.get_by_label(CALLS_TOOLS).check()
    expect(visitor.field("tool-prompt")).to_have_value("Call tools only.\n{{python}}")


def look_at_the_requests(server) -> None:
    asked, told, found = (request.body for request in server.requests[2:5])
    assert [tool["function"]["name"] for tool in asked["tools"]][-2:] == ["ask_user", "python"]
    assert asked["messages"][0]["content"].startswith("Call tools only.")
    assert "Zürich" in str(told["messages"][-1]["content"])
    assert "7" in str(found["messages"][-1]["content"]), "the variables are those of the chat"


def first_lines(prompt: str) -> str:
    return read_prompt(prompt).split("\n\n")[0]
