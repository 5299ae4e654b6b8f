"""The search engines, and how to ask one."""

import logging
import os
from dataclasses import dataclass

logger = logging.getLogger(__name__)

ENGINES = ("duckduckgo", "brave", "startpage", "mojeek", "yahoo", "wikipedia")  # asked in this order
SNIPPET_CHARACTERS = 400


@dataclass(frozen=True)
class SearchResult:
    """One result of a web search.

    Attributes:
        title: The title of the page.
        url: The address of the page.
        snippet: Some of the page's text, as the search engine gives it.
    """

    title: str
    url: str
    snippet: str

    def __str__(self) -> str:
        """Return the title, the address and the snippet, each on a line."""
        return f"{self.title}\n{self.url}\n{self.snippet}"


def search_with(
    name: str, query: str, *, seconds: int, proxy: str | None, verify: bool | str
) -> list[SearchResult] | None:
    """Ask one search engine.

    Args:
        name: The engine, one of ENGINES.
        query: The words to search for.
        seconds: How long a request may take.
        proxy: The address of a proxy; None for the one that the environment names.
        verify: Whether to verify certificates, or a file with the certificate authorities to trust.

    Returns:
        The results, without repetitions; None if the engine refuses or fails.
    """
    # Not DDGS().text, which reports an engine that refuses (status 202 or 429) as one that finds nothing.
    from ddgs.engines import ENGINES as ddgs_engines

    proxy = proxy or os.environ.get("DDGS_PROXY")  # the variable that ddgs itself reads
    engine = ddgs_engines["text"][name](proxy=proxy, timeout=seconds, verify=verify)
    try:
        found = engine.search(query)
    except Exception as error:  # an engine's page can change in any way, so the next engine is asked
        logger.info("The search engine %s failed: %r", name, error)
        return None
    if found is None:
        logger.info("The search engine %s refused to answer.", name)
        return None
    results = {
        hit.href.partition("#")[0].removesuffix("/"): SearchResult(hit.title, hit.href, hit.body[:SNIPPET_CHARACTERS])
        for hit in reversed(found)
        if hit.href.startswith(("http://", "https://"))
    }
    return list(reversed(results.values()))  # of two results with the same address, the first
