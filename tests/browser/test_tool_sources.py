"""Tools from elsewhere: a person looks at them, adds them, uses them, and removes them."""

import re
import socket

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import KEY, PHONE, Visitor, code, keep_screenshot
from tests.doubles.mcp_server import McpDouble
from tests.doubles.openai_server import Reply

SHOUT = """
from smolagents import Tool


class Shout(Tool):
    name = "shout"
    description = "Says something loudly."
    inputs = {"text": {"type": "string", "description": "what to say"}}
    output_type = "string"

    def forward(self, text: str) -> str:
        import ctypes

        return text.upper()
"""


@pytest.fixture
def server():
    with McpDouble() as server:
        yield server


def look_at(visitor: Visitor, location: str, key: str = "") -> Locator:
    visitor.field("location").fill(location)
    if key:
        visitor.field("server-key").fill(key)
    visitor.page.locator("#look").click()
    return visitor.page.locator("#found")


def tools(visitor: Visitor) -> Locator:
    return visitor.page.locator("#tools label")


def test_code_of_the_hub_is_shown_added_used_and_removed(visit, serve, hub):
    commit = hub.add("ann/shout", tool_py=SHOUT)
    visitor, server = visit(), serve([code("print(shout('hello'))"), "It said HELLO.", "Done."])
    visitor.connect(server)
    visitor.open_section("adding")
    found = look_at(visitor, "ann/shout")
    expect(found).to_contain_text("shout: Says something loudly.")
    expect(found).to_contain_text(f"revision {commit[:7]}")
    expect(found.locator(".cm-content")).to_contain_text("return text.upper()")
    keep_screenshot(visitor, "adding-code")
    assert not visitor.scrolls_sideways()
    visitor.page.locator("#add-found").click()
    expect(found).to_be_hidden()
    expect(visitor.page.locator("#settings .problem-line")).to_contain_text(
        "Added shout. Your next message can use it."
    )
    expect(tools(visitor).last).to_have_text("shout (ann/shout)")
    visitor.ask("Say hello loudly")
    visitor.page.get_by_role("button", name="Allow once").click()
    visitor.wait_until_done()
    visitor.open_steps()
    expect(visitor.steps.locator(".title p")).to_have_text("✓ Used shout")
    assert "HELLO" in server.requests[1].body["messages"][-1]["content"]
    visitor.reload()
    visitor.open_section("adding")
    expect(tools(visitor).last).to_have_text("shout (ann/shout)")
    visitor.page.locator("#added .token").get_by_role("button").click()
    expect(visitor.page.locator("#added")).to_be_hidden()
    expect(tools(visitor)).to_have_count(4)
    visitor.connect(server)
    visitor.get_answer("And now?")
    assert "def shout" in server.requests[0].body["messages"][0]["content"]
    assert "def shout" not in server.requests[-1].body["messages"][0]["content"]


@pytest.fixture
def silent_server():
    """Takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_look_that_takes_long_can_be_left_for_another(visit, hub, silent_server):
    hub.add("ann/shout", tool_py=SHOUT)
    visitor = visit()
    visitor.open_section("adding")
    found = look_at(visitor, f"http://127.0.0.1:{silent_server.getsockname()[1]}/mcp")
    expect(found).to_contain_text("Looking at")
    expect(found).to_be_in_viewport()
    expect(visitor.page.locator("#add-found")).to_be_hidden()
    visitor.page.locator("#leave-found").click()
    expect(found).to_be_hidden()
    expect(look_at(visitor, "ann/shout")).to_contain_text("shout: Says something loudly.", timeout=15_000)
    expect(visitor.page.locator("#add-found")).to_be_in_viewport()


def test_tools_of_an_mcp_server_for_the_agent_that_calls_tools(visit, serve, server):
    visitor = visit()
    model = serve([Reply(call=("get_weather", {"city": "Oslo", "days": 1})), "It is cold."])
    visitor.connect(model)
    visitor.open_settings()
    visitor.page.get_by_label("Calls tools: ").check()
    visitor.open_section("adding")
    expect(look_at(visitor, server.url, KEY)).to_contain_text("These tools run on the MCP server 127.0.0.1")
    visitor.page.locator("#add-found").click()
    expect(tools(visitor).filter(has_text="get weather (127.0.0.1:")).to_be_visible()
    assert visitor.get_answer("How is the weather?") == "It is cold."
    assert {asked.headers["authorization"] for asked in server.requests} == {f"Bearer {KEY}"}
    assert '"city":"Oslo"' in model.requests[1].body["messages"][-1]["content"]


def test_a_key_that_was_typed_for_another_address_is_gone(visit, server):
    visitor = visit()
    visitor.open_section("adding")
    visitor.field("location").fill("https://other.example/mcp")
    visitor.field("server-key").fill(KEY)
    expect(look_at(visitor, server.url)).to_contain_text("These tools run on the MCP server 127.0.0.1")
    expect(visitor.field("server-key")).to_have_value("")
    assert {asked.headers.get("authorization") for asked in server.requests} == {None}


def test_what_cannot_be_had_is_said_in_the_form_and_later_in_a_message(visit, serve, server):
    visitor = visit(**PHONE)
    visitor.connect(serve(["Without it."]))
    visitor.open_section("adding")
    expect(look_at(visitor, "nobody/nothing")).to_contain_text("it does not exist, or it is private")
    expect(visitor.page.locator("#add-found")).to_be_hidden()
    expect(look_at(visitor, server.url)).to_contain_text("These tools run on the MCP server")
    keep_screenshot(visitor, "phone-adding")
    visitor.page.locator("#add-found").click()
    expect(tools(visitor).filter(has_text="get weather (127.0.0.1:")).to_be_visible()
    assert not visitor.scrolls_sideways()
    visitor.close_panel()
    server.stop()
    try:
        assert visitor.get_answer("Say it") == "Without it."
        expect(visitor.problem).to_contain_text(re.compile(r"The MCP server 127\.0\.0\.1:\d+ cannot be reached"))
    finally:
        server.start()
