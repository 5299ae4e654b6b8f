import re
import subprocess
import sys

import pytest

import tools
from agent_core.errors import ToolError
from demo.recorded_tools import RECORDINGS, recorded_tools


@pytest.fixture
def recorded():
    return {tool.name: tool for tool in recorded_tools()}


def test_they_look_like_the_real_tools(recorded):
    assert recorded["web_search"].stub() == tools.web_search.stub()
    assert recorded["visit_webpage"].stub() == tools.visit_webpage.stub()


@pytest.mark.parametrize("query", ["How long does it take to drive from Melbourne to Sydney", "bitcoin  price history"])
async def test_the_examples_are_answered_and_every_result_can_be_opened(recorded, query):
    results = await recorded["web_search"].call({"query": query})
    assert results
    for result in results:
        assert isinstance(result, tools.SearchResult)
        assert "Recorded for the demo" in result.snippet
        page = await recorded["visit_webpage"].call({"url": result.url})
        assert isinstance(page, tools.Page)
        assert page.url == result.url
        assert "Recording made for the demo" in page.text


async def test_the_bitcoin_table_has_every_month_end(recorded):
    page = await recorded["visit_webpage"].call({"url": "https://finance.yahoo.com/quote/BTC-USD/history/"})
    prices = dict(re.findall(r"^\| (\d{4}-\d\d-\d\d) \| (\d+\.\d\d) \|$", page.text, re.MULTILINE))
    months = {date[:7] for date in prices}
    assert {f"{year}-{month:02}" for year in range(2015, 2022) for month in range(1, 13)} | {"2014-12"} == months
    assert prices["2015-01-01"] == "314.25"
    assert prices["2020-12-31"] == "29001.72"


async def test_anything_else_is_refused_honestly(recorded):
    for tool, arguments in (("web_search", {"query": "weather"}), ("visit_webpage", {"url": "https://example.com"})):
        with pytest.raises(ToolError, match="recorded results only for its own examples"):
            await recorded[tool].call(arguments)


def test_every_recording_carries_its_label():
    for path in (RECORDINGS / "pages").glob("*.md"):
        assert "Recording made for the demo" in path.read_text(encoding="utf-8"), path.name


def test_importing_the_tools_does_not_load_the_libraries_for_searches_and_pdf_files():
    code = (
        "import demo.recorded_tools, sys; print([name for name in ('ddgs', 'primp', 'pypdf') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
