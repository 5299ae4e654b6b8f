"""The connections of a page are reset in the middle: it comes back, and nothing that was said is lost."""

import threading
from contextlib import ExitStack, closing

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import STILL, Visitor
from tests.doubles.breakable_line import BreakableLine
from tests.doubles.openai_server import Reply


@pytest.fixture
def line(app):
    with BreakableLine(app.url) as line:
        yield line


@pytest.fixture
def person(browser):
    """Opens a page. That connections fail is no fault here."""
    with ExitStack() as stack:
        yield lambda url: Visitor(stack.enter_context(closing(browser.new_context(**STILL))), url)


def test_an_answer_that_streams_is_seen_to_its_end(person, serve, line):
    rest = threading.Event()
    server = serve([Reply("It begins and ends.", piece=40, begin=rest), "Another."])
    visitor = person(line.url)
    visitor.connect(server)
    visitor.ask("one")
    expect(visitor.questions).to_have_text(["one"])
    assert server.wait_for_requests()
    line.break_off()
    rest.set()
    expect(visitor.answers).to_have_text(["It begins and ends."])
    assert visitor.get_answer("two") == "Another."


def test_a_page_that_was_cut_off_for_a_while_shows_what_came_meanwhile(person, serve, line):
    rest = threading.Event()
    server = serve([Reply("Meanwhile.", begin=rest), "Afterwards."])
    visitor = person(line.url)
    visitor.connect(server)
    visitor.ask("one")
    assert server.wait_for_requests()
    line.break_off(stay=True)
    rest.set()
    expect(visitor.page.locator("#app-gone")).to_be_visible()
    line.mend()
    expect(visitor.answers).to_have_text(["Meanwhile."])
    assert visitor.get_answer("two") == "Afterwards."
