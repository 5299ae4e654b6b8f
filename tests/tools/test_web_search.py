import pytest

from agent_core.errors import ToolError
from agent_core.tool import Tool
from tests.doubles.certificates import Authority
from tests.doubles.search_proxy import HOSTS, SearchProxy
from tools.web_search import ENGINES, SearchResult, WebSearch, web_search

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


def search_through(proxy: SearchProxy, authority: Authority, **settings: float) -> Tool:
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


@pytest.mark.parametrize("arguments", [{"query": "  "}, {"query": "bread", "max_results": 0}])
async def test_wrong_arguments_are_explained(arguments):
    with pytest.raises(ToolError, match="needs words to search for"):
        await web_search.call(arguments)


def test_the_stub_names_the_result():
    stub = web_search.stub()
    assert stub.startswith("def web_search(query: str, max_results: int = 8) -> list[SearchResult]:")
    assert "title, url and snippet" in stub
    assert len(web_search.description) < 200
