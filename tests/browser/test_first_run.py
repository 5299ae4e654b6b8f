"""What a new person finds on an empty page: examples, and the ways on where nothing but the demo can answer."""

import re

from playwright.sync_api import expect

from tests.browser.visitor import PHONE


def test_examples_say_what_they_show_and_the_ways_on_go_with_the_first_question(visit):
    visitor = visit(**PHONE)
    cards = visitor.chat.locator(".example")
    expect(cards).to_have_count(4)
    expect(cards.nth(1)).to_have_text(re.compile(r"Search and read the web\s+How long does it take to drive"))
    ways = visitor.page.locator("#ways-on")
    expect(ways.get_by_role("link", name="Get a Hugging Face token")).to_have_attribute("target", "_blank")
    expect(ways.get_by_role("button")).to_have_text(["Paste a key", "A server on this computer"])
    assert not visitor.scrolls_sideways()
    cards.first.click()
    expect(visitor.answers.last).to_contain_text("The cube root of 27 is 3")
    visitor.wait_until_done()
    expect(ways).to_be_hidden()
    expect(visitor.page.locator("#demo")).to_be_visible()
    visitor.begin_anew()
    expect(ways).to_be_visible()


def test_a_server_that_is_not_there_is_said_with_what_to_do(visit):
    visitor = visit()
    visitor.page.get_by_role("button", name="A server on this computer").click()
    expect(visitor.page.get_by_text("None of these answers on the computer that runs Glassbox")).to_be_visible()
