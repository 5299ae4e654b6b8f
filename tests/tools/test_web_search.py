import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.context.run_context import RunContext, run_context
from tests.doubles.certificates import Authority
from tests.doubles.search_proxy import HOSTS, SearchProxy
from tools.web.engines import ENGINES, SearchResult
from tools.web_search import WebSearch, web_search

HITS = [
    {"title": "Sour & sweet", "url": "https://bread.example/sour?x=1", "snippet": "How a starter is fed & kept."},
    {"title": "Rye", "url": "https://bread.example/rye", "snippet": "Dark bread."},
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def proxy(authority):
    with SearchProxy(authority.server_context(*HOSTS)) as running:
        yield running


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def search_through(proxy: SearchProxy, authority: Authority, **settings: Any) -> Tool:
    return Tool(WebSearch(proxy=proxy.url, verify=str(authority.ca_file), **settings).web_search)


@pytest.mark.parametrize("engine", ENGINES)
async def test_each_engine_is_understood(proxy, authority, engine):
    proxy.hits[engine] = HITS
    results = await search_through(proxy, authority).call({"query": "bread"})
    expected = HITS[:1] if engine == "wikipedia" else HITS
    assert [(result.title, result.url, result.snippet) for result in results] == [
        (hit["title"], hit["url"], hit["snippet"]) for hit in expected
    ]


async def test_the_first_engine_with_results_is_the_last_one_asked(proxy, authority):
    proxy.hits["duckduckgo"] = HITS
    results = await search_through(proxy, authority).call({"query": "bread", "max_results": 1})
    assert results == [SearchResult("Sour & sweet", "https://bread.example/sour?x=1", "How a starter is fed & kept.")]
    assert proxy.asked == ["duckduckgo"]


@pytest.mark.parametrize("status", [202, 403, 429, 500])
async def test_an_engine_that_refuses_is_passed_over(proxy, authority, status):
    proxy.statuses["duckduckgo"] = status
    proxy.hits = {"duckduckgo": HITS[:1], "brave": HITS[1:]}
    results = await search_through(proxy, authority).call({"query": "bread"})
    assert [result.title for result in results] == ["Rye"]
    assert proxy.asked == ["duckduckgo", "brave"]


async def test_when_no_engine_answers_the_model_learns_what_to_do(proxy, authority):
    proxy.statuses = dict.fromkeys(ENGINES, 429)
    with pytest.raises(ToolError, match=r"None of 6 search engines answered.*Answer from what you know and say so"):
        await search_through(proxy, authority).call({"query": "bread"})
    assert set(proxy.asked) == set(ENGINES)


async def test_when_nothing_is_found_the_model_is_told_to_try_other_words(proxy, authority):
    proxy.statuses["brave"] = 429
    with pytest.raises(ToolError, match=r"Nothing was found for 'bread' \(5 of 6 .* answered\)\. Try other"):
        await search_through(proxy, authority).call({"query": "bread"})


async def test_an_engine_that_hangs_costs_a_bounded_time(proxy, authority):
    proxy.stalled = {"duckduckgo"}
    with pytest.raises(ToolError, match="None of 1 search engines answered"):
        await search_through(proxy, authority, seconds=1).call({"query": "bread"})


async def test_without_a_network_no_engine_answers(proxy, authority):
    proxy.__exit__(None, None, None)
    with pytest.raises(ToolError, match="None of 6 search engines answered"):
        await search_through(proxy, authority).call({"query": "bread"})


async def test_an_untrusted_certificate_is_no_answer(proxy):
    proxy.hits = dict.fromkeys(ENGINES, HITS)
    with pytest.raises(ToolError, match="None of 6 search engines answered"):
        await Tool(WebSearch(proxy=proxy.url).web_search).call({"query": "bread"})
    assert proxy.asked == []


async def test_long_snippets_and_odd_addresses_are_dropped(proxy, authority):
    proxy.hits["duckduckgo"] = [
        {"title": "Odd", "url": "javascript:alert(1)", "snippet": "no"},
        {"title": "Long", "url": "https://bread.example/", "snippet": "a" * 5000},
    ]
    results = await search_through(proxy, authority).call({"query": "bread"})
    assert [(result.title, len(result.snippet)) for result in results] == [("Long", 400)]


async def test_an_engine_that_refused_is_left_alone_for_a_while_that_grows(proxy, authority):
    clock = Clock()
    search = search_through(proxy, authority, clock=clock)
    proxy.statuses["duckduckgo"] = 429
    proxy.hits = {"duckduckgo": HITS, "brave": HITS}
    await search.call({"query": "one"})
    await search.call({"query": "two"})
    assert proxy.asked == ["duckduckgo", "brave", "brave"]
    clock.now += 31
    await search.call({"query": "three"})
    clock.now += 31
    await search.call({"query": "four"})
    assert proxy.asked[3:] == ["duckduckgo", "brave", "brave"]
    clock.now += 31
    del proxy.statuses["duckduckgo"]
    await search.call({"query": "five"})
    assert proxy.asked[6:] == ["duckduckgo"]


async def test_when_all_rest_only_the_one_whose_rest_ends_first_is_asked(proxy, authority):
    search = search_through(proxy, authority, clock=Clock())
    proxy.statuses = dict.fromkeys(ENGINES, 429)
    for query in ("one", "two"):
        proxy.asked.clear()
        with pytest.raises(ToolError, match="None of 6 search engines answered"):
            await search.call({"query": query})
    assert proxy.asked == ["duckduckgo"]


async def test_the_same_search_is_answered_from_memory_for_some_minutes(proxy, authority):
    clock = Clock()
    search = search_through(proxy, authority, clock=clock)
    proxy.hits["duckduckgo"] = HITS
    assert len(await search.call({"query": "Sour  bread", "max_results": 1})) == 1
    assert len(await search.call({"query": "sour bread"})) == 2
    assert proxy.asked == ["duckduckgo"]
    clock.now += 601
    await search.call({"query": "sour bread"})
    assert proxy.asked == ["duckduckgo"] * 2


async def test_an_address_is_listed_once(proxy, authority):
    again = {"title": "Again", "url": "https://bread.example/rye/#crust", "snippet": "The same page."}
    proxy.hits["duckduckgo"] = [*HITS, again]
    results = await search_through(proxy, authority).call({"query": "bread"})
    assert [result.title for result in results] == ["Sour & sweet", "Rye"]


async def test_many_searches_at_once(proxy, authority):
    proxy.statuses["duckduckgo"] = 429
    proxy.hits["brave"] = HITS
    search = search_through(proxy, authority)
    rounds = [await asyncio.gather(*(search.run(f"bread {number}") for number in range(8))) for _ in range(3)]
    found = [results for searched in rounds for results in searched]
    assert {result.title for results in found for result in results} == {"Sour & sweet", "Rye"}
    assert proxy.asked.count("duckduckgo") <= 8


async def test_results_may_be_opened_unasked(proxy, authority):
    proxy.hits["duckduckgo"] = HITS
    token = run_context.set(current := RunContext())
    try:
        await search_through(proxy, authority).call({"query": "bread"})
    finally:
        run_context.reset(token)
    assert "https://bread.example/rye" in current.addresses


def test_a_result_prints_as_its_three_texts():
    assert (
        str(SearchResult("Rye", "https://bread.example/rye", "Dark bread."))
        == "Rye\nhttps://bread.example/rye\nDark bread."
    )


@pytest.mark.parametrize("arguments", [{"query": "  "}, {"query": "bread", "max_results": 0}])
async def test_wrong_arguments_are_explained(arguments):
    with pytest.raises(ToolError, match="needs words to search for"):
        await web_search.call(arguments)


def test_the_stub_names_the_result():
    stub = web_search.stub()
    assert stub.startswith("def web_search(query: str, max_results: int = 8) -> list[SearchResult]:")
    assert "title, url and snippet" in stub
    assert len(web_search.description) < 200


@pytest.mark.parametrize("query", ["!w bread", "bread !w", "w! bread", "\\bread", "!ducky bread", "bread ! \\"])
async def test_no_query_is_an_order_to_go_on_to_another_site(proxy, authority, query):
    proxy.statuses["duckduckgo"] = 429
    proxy.hits["brave"] = HITS
    await search_through(proxy, authority).call({"query": query})
    sent = parse_qs(urlsplit(proxy.paths[-1]).query)["q"][0]
    assert "bread" in sent and not {"!", "\\"} & set(sent)
