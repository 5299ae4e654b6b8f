"""Chats that last: their addresses, tabs, and whose they are."""

from playwright.sync_api import expect

from tests.browser.visitor import Visitor, code
from tests.doubles.openai_server import Reply


def chat_of(visitor: Visitor) -> str:
    """The chat in the page's address."""
    return visitor.page.evaluate("new URLSearchParams(location.search).get('chat') ?? ''")


def expect_chat(visitor: Visitor, chat: str) -> None:
    visitor.page.wait_for_function(
        "chat => (new URLSearchParams(location.search).get('chat') ?? '') === chat", arg=chat
    )


def second_tab(visitor: Visitor, url: str) -> Visitor:
    """Another tab of the same browser."""
    return Visitor(visitor.context, url)


def test_each_chat_has_its_address(revisit, serve, app):
    visitor = revisit()
    visitor.connect(serve(["The first.", "The second.", "Still the first."]))
    assert visitor.get_answer("one") == "The first."
    first = chat_of(visitor)
    assert len(first) > 20
    visitor.begin_anew()
    expect_chat(visitor, "")
    expect(visitor.questions).to_have_count(0)
    assert visitor.get_answer("two") == "The second."
    second = chat_of(visitor)
    assert second not in ("", first)
    visitor.page.go_back()
    expect(visitor.questions).to_have_count(0)
    visitor.page.go_back()
    expect(visitor.answers).to_have_text(["The first."])
    expect_chat(visitor, first)
    visitor.page.go_forward()
    visitor.page.go_forward()
    expect(visitor.answers).to_have_text(["The second."])
    visitor.reload()
    expect(visitor.answers).to_have_text(["The second."])
    visitor.page.goto(f"{app.url}/?chat={first}")
    expect(visitor.answers).to_have_text(["The first."])


def test_a_new_chat_leaves_the_running_one_where_it_is(revisit, serve):
    server = serve([Reply("A long answer, word by word, which goes on. " * 3, delay=0.1), "Hello."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go on")
    expect(visitor.answers.last).to_contain_text("word by word")
    first = chat_of(visitor)
    visitor.begin_anew()
    visitor.wait_until_done()
    expect(visitor.questions).to_have_count(0)
    assert visitor.get_answer("hello") == "Hello."
    expect(visitor.questions).to_have_text(["hello"])
    visitor.page.go_back()
    visitor.page.go_back()
    expect_chat(visitor, first)
    visitor.wait_until_done()
    expect(visitor.questions).to_have_text(["go on"])
    expect(visitor.answers.last).to_contain_text("which goes on.")


def test_a_chat_of_the_address_that_is_not_shown_is_shown_soon(revisit, serve):
    visitor = revisit()
    visitor.connect(serve(["Here."]))
    visitor.get_answer("one")
    first = chat_of(visitor)
    visitor.begin_anew()
    expect(visitor.questions).to_have_count(0)
    visitor.page.evaluate("chat => history.pushState(null, '', `?chat=${chat}`)", first)  # and no view of it comes
    expect(visitor.answers).to_have_text(["Here."])


def test_two_tabs_on_one_chat_both_follow(revisit, serve, app):
    server = serve(
        ["The first.", code("open('started', 'w'); import time; time.sleep(3)"), "The second.", "The third."]
    )
    visitor = revisit()
    visitor.connect(server)
    visitor.get_answer("one")
    other = second_tab(visitor, visitor.page.url)
    expect(other.answers).to_have_text(["The first."])
    visitor.ask("two")
    expect(other.questions).to_have_text(["one", "two"])
    expect(other.page.locator("#stop")).to_be_visible()
    visitor.wait_until_done()
    expect(other.answers.last).to_have_text("The second.")
    other.wait_until_done()
    other.connect(server)
    assert other.get_answer("three") == "The third."
    expect(visitor.answers.last).to_have_text("The third.")
    assert other.errors == []


def test_an_unknown_chat_is_an_empty_page_that_says_so(visit, serve, app):
    visitor = visit()
    for unknown in ("made-up-but-long-enough", "x", "%00", "../../etc"):
        visitor.page.goto(f"{app.url}/?chat={unknown}")
        expect(visitor.page.locator("#notice")).to_contain_text("There is no such chat")
        expect(visitor.questions).to_have_count(0)
    visitor.connect(serve(["Here."]))
    assert visitor.get_answer("a question") == "Here."
    expect(visitor.page.locator("#notice")).to_be_hidden()
    assert chat_of(visitor) not in ("", "../../etc")


def test_two_browsers_are_not_let_into_each_others_chats(visit, serve, app):
    table = "import pandas as pd; display(pd.DataFrame({'secret': [1]})); open('mine.txt', 'w').write('secret')"
    chart = "import plotly.express as px; px.bar(x=[1], y=[2])"
    owner, other = visit(), visit()
    owner.connect(serve([code(table), code(chart), "Mine."]))
    owner.get_answer("one")
    chat = chat_of(owner)
    addresses = {owner.files.first.get_attribute("href")}
    expect(owner.chat.locator(".table-files a")).to_have_count(2)
    addresses |= {link.get_attribute("href") for link in owner.chat.locator(".table-files a").all()}
    addresses |= {frame.get_attribute("src") for frame in owner.chat.locator("iframe").all()}
    assert {str(address).partition("/")[0] for address in addresses} >= {"files", "tables", "frames"}
    other.page.goto(f"{app.url}/?chat={chat}")
    expect(other.page.locator("#notice")).to_contain_text("There is no such chat")
    expect(other.questions).to_have_count(0)
    for address in addresses:
        assert owner.context.request.get(f"{app.url}/{address}").status == 200
        assert other.context.request.get(f"{app.url}/{address}").status == 404
    versions = [who.context.request.get(f"{app.url}/pulse?chat={chat}").json()["chat"] for who in (owner, other)]
    assert versions[0] and not versions[1]
    cookies = {cookie["name"]: cookie for cookie in owner.context.cookies()}
    assert cookies["glassbox"]["httpOnly"] and "glassbox" not in owner.page.evaluate("document.cookie")
