"""Documents made to take time and memory. A test here that does not end has failed."""

import pytest

from agent_core.errors import ToolError
from tests.tools.loopback import Loopback
from tests.tools.readers.pdfs import make_pdf
from tools.readers import subprocess_reader
from tools.readers.html import read_html
from tools.readers.passage_search import find_passages
from tools.visit_webpage import split_document, to_page
from tools.web.content_type import content_type_of


def visit(body: str) -> str:
    document = read_html(body, "https://site.example/")
    return to_page(split_document("https://site.example/", document), find="no such words").text


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>" * 5_000,
        "<ul><li>" * 250 + "a<br>" * 5_000,
        "<blockquote>" * 100 + "a<br>" * 5_000,
        "<p>a" + "&#32;" * 80_000 + "b",
        "<pre>a" + " " * 300_000 + "b</pre>",
        "<ol>" + "<li>a" * 5_000,
        "<table>" + "<tr><td rowspan=999999999>a<td colspan=999999999>b" * 2_000,
        "<table>" + f"<tr><td rowspan=9999 colspan=200>{'a' * 2_000}<tr><td>b" + "<tr><td>c" * 2_000,
        "<h1>" + "<button>a b c</button>" * 3_000,
        "<h1>a</h1><footer><div>" + "a1<br>" * 5_000,
        "<ruby>" + "<rt>a" * 5_000,
        "<p>" + "[a](" * 50_000,
        "<p " + "a=b " * 50_000,
        "<title>" + "a" * 300_000,
    ],
    ids=range(14),
)
def test_html_made_to_take_long_is_read(body):
    assert visit(body).startswith("No match")


@pytest.mark.parametrize("depth", [1_000, 100_000])
async def test_html_that_is_very_deep_gives_its_text(server, depth):
    server.serve("/", "<p>top</p>" + "<div>" * depth + "deep", content_type="text/html")
    assert (await Loopback(server).visit()).text in ("top\ndeep", "top")


def test_many_comments_before_the_html_are_no_riddle():
    assert content_type_of(b"<!---->" * 140 + b"x", "text/plain", "") == "text"


def test_numbers_that_do_not_end_are_looked_for():
    assert find_passages("1" * 5_000, ["1" * 100_000], 2_000).startswith("20 matches")


async def test_what_takes_too_long_in_its_process_is_stopped(server, monkeypatch):
    monkeypatch.setattr(subprocess_reader, "SECONDS", 0.05)
    server.serve("/", make_pdf(["Flour"]), content_type="application/pdf")
    with pytest.raises(ToolError, match="takes too long to read"):
        await Loopback(server).visit()


async def test_a_large_page_is_read_in_a_process_of_its_own(server):
    row = "<tr><td>a</td><td>b</td></tr>"
    server.serve(
        "/", f"<h1>Big</h1><table><tr><th>x</th><th>y</th></tr>{row * 9_000}</table>", content_type="text/html"
    )
    page = await Loopback(server).visit()
    assert len(page.tables[0].rows) == 9_000
    assert page.text.startswith("# Big\n\n| x | y |\n|---|---|\n| a | b |")
