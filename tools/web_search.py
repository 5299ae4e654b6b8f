"""The tool that searches the web."""

import time
from collections.abc import Callable

from agent_core.errors import ToolError
from agent_core.net.cooldown import Cooldown
from agent_core.net.url_allowlist import NamedBy
from agent_core.tools.base import Tool
from agent_core.tools.context import check_search, learn_addresses, report
from agent_core.tools.threads import run_in_tool_thread
from tools.web.cache import Cache
from tools.web.engines import ENGINES, SearchResult, search_with

SECONDS_PER_ENGINE = 6
LONGEST_QUERY = 500  # characters
# Engines take these as commands to go to another site or to the first result, as in "!w bread" and "\\bread".
_COMMANDS = str.maketrans("!\\", "  ")
FIRST_REST, LONGEST_REST = (
    30.0,
    1_800.0,
)  # seconds before an engine that failed is asked again; each further failure doubles them
KEPT_SECONDS = 600.0
KEPT_SEARCHES = 200


class WebSearch:
    """Asks one search engine after the other until one has results. Several searches may run at once.

    Args:
        proxy: The address of a proxy for all requests, such as "http://127.0.0.1:8080"; None for the one that the
            environment variable DDGS_PROXY names.
        verify: Whether to verify certificates, or a file with the certificate authorities to trust.
        seconds: How long to go on asking further engines.
        clock: Returns the time in seconds, for the cache and for the cooldown of engines.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        verify: bool | str = True,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._proxy = proxy
        self._verify = verify
        self._seconds = seconds
        self._cooldown: Cooldown[str] = Cooldown(FIRST_REST, LONGEST_REST, clock=clock)
        self._kept: Cache[list[SearchResult]] = Cache(
            seconds=KEPT_SECONDS, most=KEPT_SEARCHES, most_size=KEPT_SEARCHES, clock=clock
        )

    async def web_search(self, query: str, max_results: int = 8) -> list[SearchResult]:
        """Search the web. Each SearchResult has title, url and snippet."""
        key = " ".join(query.translate(_COMMANDS).split())[:LONGEST_QUERY]
        if not key or max_results < 1:
            raise ToolError("web_search needs words to search for, and max_results of at least 1.")
        results = self._kept.get(key.casefold())
        if results is None:
            await check_search(key)
            results = await run_in_tool_thread("web_search", lambda: self._search(key))
            self._kept.put(key.casefold(), results, size=1)
        learn_addresses((result.url for result in results), by=NamedBy.SEARCH)
        return results[:max_results]

    def _search(self, query: str) -> list[SearchResult]:
        """Return the results of the first engine that has any. Raises ToolError if none has."""
        deadline = time.monotonic() + self._seconds
        engines = self._cooldown.ready(ENGINES)
        answered, asked = 0, len(ENGINES) - len(engines)
        for number, engine in enumerate(engines):
            seconds = min(SECONDS_PER_ENGINE, round(deadline - time.monotonic()))
            if seconds < 1:
                break
            if number:
                report(f"asking {engine}, the next search engine")
            results = search_with(engine, query, seconds=seconds, proxy=self._proxy, verify=self._verify)
            (self._cooldown.failed if results is None else self._cooldown.worked)(engine)
            if results:
                return results
            asked += 1
            answered += results is not None
        raise ToolError(_explain(query, answered, asked))


def _explain(query: str, answered: int, asked: int) -> str:
    """Return why there are no results. Engines that cool down count as asked."""
    if answered:
        return (
            f"Nothing was found for {query[:200]!r} ({answered} of {asked} search engines answered). "
            "Try other or fewer words."
        )
    return (
        f"None of {asked} search engines answered; searching again at once will hardly help. "
        "Answer from what you know and say so, or open a page whose address you know."
    )


web_search = Tool(WebSearch().web_search)
