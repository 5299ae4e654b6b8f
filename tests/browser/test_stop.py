"""Stop, whatever is going on, and the chat goes on from there."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor, code
from tests.doubles.openai_server import OpenAIServer, Reply


@pytest.fixture
def stop_in(revisit, serve):
    """Ask something whose reply is given, wait until `under_way`, stop it, and see that the chat goes on."""

    def act(reply: Reply | str, under_way) -> OpenAIServer:
        recall = code("final_answer(f'kept is {kept}')")
        server = serve([code("kept = 41"), "Noted.", reply, recall])
        visitor = revisit()
        visitor.connect(server)
        visitor.get_answer("keep 41")
        visitor.ask("something long")
        under_way(visitor, server)
        visitor.stop()
        expect(visitor.answers.first).to_have_text("Noted.")
        expect(visitor.answers.last).to_have_text("■ Stopped.")
        assert visitor.get_answer("what was kept?") == "kept is 41"
        expect(visitor.questions).to_have_text(["keep 41", "something long", "what was kept?"])
        return server

    return act


def is_running_code(visitor: Visitor, server: OpenAIServer) -> None:
    expect(visitor.doing).to_have_text(re.compile("^(Running code|Searching the web)"))


def test_a_model_that_streams(stop_in):
    def is_streaming(visitor: Visitor, server: OpenAIServer) -> None:
        expect(visitor.page.locator("#live")).to_contain_text("and on and on")

    server = stop_in(Reply("I go on " + "and on " * 1_000, delay=0.05), is_streaming)
    assert server.wait_for_disconnects()
    assert "and on and on" in server.requests[-1].body["messages"][-2]["content"], "what it said is remembered"


def test_a_model_that_hangs_before_its_first_word(stop_in):
    def is_asked(visitor: Visitor, server: OpenAIServer) -> None:
        assert server.wait_for_requests(3)
        expect(visitor.page.locator("#stop")).to_be_visible()

    server = stop_in(Reply("never", fault="hang"), is_asked)
    assert server.wait_for_disconnects()


def test_an_endless_loop_in_the_code(stop_in):
    stop_in(code("while True: pass"), is_running_code)


def test_a_slow_tool(stop_in, silent_proxy):
    def is_searching(visitor: Visitor, server: OpenAIServer) -> None:
        connection, _ = silent_proxy.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT ")
            is_running_code(visitor, server)

    stop_in(code("print(web_search('bread'))"), is_searching)
