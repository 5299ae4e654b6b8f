"""The tool that searches the web."""

import logging
import os
import time
from dataclasses import dataclass

from agent_core.errors import ToolError
from agent_core.tool import Tool

logger = logging.getLogger(__name__)

ENGINES = ("duckduckgo", "brave", "startpage", "mojeek", "yahoo", "wikipedia")  # asked in this order
SECONDS_PER_ENGINE = 6
SNIPPET_CHARACTERS = 400


@dataclass(frozen=True)
class SearchResult:
    """One hit of a web search. snippet: a piece of the page's text, as the search engine gives it."""

    title: str
    url: str
    snippet: str


class WebSearch:
    """Asks one search engine after the other until one has results.

    proxy: an address that all requests go through, such as "http://127.0.0.1:8080", else what DDGS_PROXY holds.
    verify: whether certificates are checked, or a file of the authorities to check them with. seconds: after these
    no further engine is asked.
    """

    def __init__(self, *, proxy: str | None = None, verify: bool | str = True, seconds: float = 30.0) -> None:
        self._proxy = proxy
        self._verify = verify
        self._seconds = seconds

    def web_search(self, query: str, max_results: int = 8) -> list[SearchResult]:
        """Search the web. Each SearchResult has title, url and snippet."""
        if not query.strip() or max_results < 1:
            raise ToolError("web_search needs words to search for, and max_results of at least 1.")
        deadline = time.monotonic() + self._seconds
        answered = asked = 0
        for engine in ENGINES:
            seconds = min(SECONDS_PER_ENGINE, round(deadline - time.monotonic()))
            if seconds < 1:
                break
            results = self._ask(engine, query, seconds)
            if results:
                return results[:max_results]
            asked += 1
            answered += results is not None
        if answered:
            raise ToolError(
                f"Nothing was found for {query[:200]!r} ({answered} of {asked} search engines answered). "
                "Try other or fewer words."
            )
        raise ToolError(
            f"None of {asked} search engines answered; searching again at once will hardly help. "
            "Answer from what you know and say so, or open a page whose address you know."
        )

    def _ask(self, name: str, query: str, seconds: int) -> list[SearchResult] | None:
        """What one engine finds; None if it refuses or fails."""
        # Not DDGS().text: it reports an engine that refuses (status 202 or 429) as one that finds nothing.
        from ddgs.engines import ENGINES as ddgs_engines

        proxy = self._proxy or os.environ.get("DDGS_PROXY")  # the variable that ddgs itself reads
        engine = ddgs_engines["text"][name](proxy=proxy, timeout=seconds, verify=self._verify)
        try:
            found = engine.search(query)
        except Exception as error:  # an engine's page can change in any way; the next one is asked
            logger.info("The search engine %s failed: %r", name, error)
            return None
        if found is None:
            logger.info("The search engine %s refused to answer.", name)
            return None
        return [
            SearchResult(title=hit.title, url=hit.href, snippet=hit.body[:SNIPPET_CHARACTERS])
            for hit in found
            if hit.href.startswith(("http://", "https://"))
        ]


web_search = Tool(WebSearch().web_search)
