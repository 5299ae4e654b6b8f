import asyncio
import itertools
import re
from types import SimpleNamespace

import pytest

from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.context.run_context import RunContext, run_context
from agent_core.tools.context.tool_context import ToolContext
from tests.tools.loopback import Loopback
from tools import visit_webpage
from tools.web import download

LONG = "<title>Rivers</title>" + "".join(f"<h2>River {n}</h2><p>{'It flows on. ' * 30}</p>" for n in range(60))


async def test_a_long_page_comes_in_parts(server):
    server.serve("/", LONG, content_type="text/html")
    loopback = Loopback(server)
    pages = [await loopback.visit(page=number) for number in range(1, (await loopback.visit()).pages + 1)]
    assert len(pages) > 3
    assert all(len(page.text) <= 6_700 and len(str(page)) <= 8_000 for page in pages)
    assert pages[0].text.endswith(f"(Part 1 of {len(pages)}; the next with page=2; find= looks for words in all.)")
    assert pages[-1].text.endswith(f"(Part {len(pages)} of {len(pages)}; find= looks for words in all.)")
    assert [f"## River {n}\n" in "".join(page.text for page in pages) for n in range(60)] == [True] * 60
    assert str(pages[1]).startswith(f"Rivers (part 2 of {len(pages)})\n{pages[1].url}\n\n")
    with pytest.raises(ToolError, match=f"This page has {len(pages)} parts; there is no part 99"):
        await loopback.visit(page=99)


async def test_another_part_and_passages_cost_no_second_download(server):
    server.serve("/", LONG, content_type="text/html")
    loopback = Loopback(server)
    await loopback.visit()
    await loopback.visit(page=2)
    found = await loopback.visit("/#there", find="River 41")
    assert "under 'River 41'" in found.text or "## River 41" in found.text
    assert (found.page, len(server.requests)) == (0, 1)


async def test_a_page_prints_with_what_else_it_holds(server):
    html = (
        "<title>Bread</title><h1>Bread</h1><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
        '<p><a href="/1">one</a> <a href="/2">two</a> <a href="/3">three</a></p>'
    )
    server.serve("/", html, content_type="text/html")
    loopback = Loopback(server)
    site = loopback.url("")
    assert str(await loopback.visit()) == (
        f"Bread\n{site}/\n\n# Bread\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[one](/1) [two](/2) [three](/3)\n\n"
        f"(Links that begin with / are on {site}.)\n\nAlso: 1 table in .tables, 3 links in .links"
    )


async def test_plain_text_stays_as_it_is(server):
    server.serve("/notes.txt", "x = 1\n\n\n    y\n", content_type="text/plain")
    assert (await Loopback(server).visit("/notes.txt")).text == "x = 1\n\n\n    y"


async def test_markdown_gives_its_title_tables_and_links(server):
    text = "# The *Bread*\n\n| a | b |\n|---|---|\n| 1 | [x](https://x.example/_(y)) |\n\nEnd."
    server.serve("/README.md", text, content_type="text/plain")
    page = await Loopback(server).visit("/README.md")
    assert page.text == text
    assert (page.tables[0].columns, page.tables[0].rows) == (["a", "b"], [["1", "x"]])
    assert page.links[0].url == "https://x.example/_(y)"


async def test_a_failure_is_not_kept(server):
    loopback = Loopback(server)
    with pytest.raises(ToolError):
        await loopback.visit("/late")
    server.serve("/late", "here", content_type="text/plain")
    assert (await loopback.visit("/late")).text == "here"


class Person:
    """Who is asked whether an address may be opened."""

    def __init__(self, *, allows: bool) -> None:
        self.allows = allows
        self.asked: list[str] = []

    async def allow(self, kind: str, name: str, meaning: str) -> bool:
        self.asked.append(name)
        return self.allows


@pytest.fixture
def chat():
    current = RunContext()
    token = run_context.set(current)
    yield current
    run_context.reset(token)


async def call(loopback: Loopback, person: Person, url: str) -> object:
    tool = Tool(loopback.reader.visit_webpage)
    with ToolContext("visit_webpage", lambda event: None, person.allow).running({}):
        return await tool.call({"url": url})


async def test_an_address_that_nobody_named_is_asked_for_and_not_opened_without(server, chat):
    server.serve("/", "secret", content_type="text/plain")
    loopback, person = Loopback(server), Person(allows=False)
    with pytest.raises(ToolError, match="was not allowed"):
        await call(loopback, person, loopback.url("/?chat=secret"))
    assert (person.asked, server.requests) == ([f"site.example:{loopback.port}"], [])


async def test_links_of_an_opened_page_are_opened_unasked(server, chat):
    server.serve("/", '<h1>T</h1><a href="/next">Next</a>', content_type="text/html")
    server.serve("/next", "and https://site.example/third", content_type="text/plain")
    loopback, person = Loopback(server), Person(allows=True)
    await call(loopback, person, loopback.url("/"))
    await call(loopback, person, loopback.url("/next"))
    assert len(person.asked) == 1
    assert "https://site.example/third" in chat.addresses


async def test_a_kept_page_is_asked_for_like_any_other(server, chat):
    server.serve("/", "hello", content_type="text/plain")
    loopback, person = Loopback(server), Person(allows=False)
    await loopback.reader._download(loopback.url("/"), keep_to_hosts=False)
    with pytest.raises(ToolError, match="was not allowed"):
        await call(loopback, person, loopback.url("/"))


async def test_a_long_download_tells_how_far_it_is(server, monkeypatch):
    seconds = itertools.count(step=3)
    monkeypatch.setattr(download, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    server.serve("/", b"words " * 400_000, content_type="text/plain")
    loopback, events = Loopback(server), []
    with ToolContext("visit_webpage", events.append, Person(allows=True).allow).running({}):
        await loopback.visit()
        await asyncio.sleep(0)
    assert re.fullmatch(r"downloaded \d\.\d MB of site\.example", events[1].text)


def test_the_stub_names_the_result():
    stub = visit_webpage.stub()
    assert stub.startswith("def visit_webpage(url: str, page: int = 1, find: str = '') -> Page:")
    for name in ("title", "url", "text", "page", "pages", "tables", "links", "data"):
        assert name in stub
    assert len(visit_webpage.description) < 400
