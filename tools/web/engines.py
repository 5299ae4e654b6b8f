"""Search engines: asking one, and leaving those alone for a while that refuse."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

logger = logging.getLogger(__name__)

ENGINES = ("duckduckgo", "brave", "startpage", "mojeek", "yahoo", "wikipedia")  # asked in this order
FIRST_REST, LONGEST_REST = 30.0, 1_800.0  # seconds; each refusal in a row doubles them
SNIPPET_CHARACTERS = 400


@dataclass(frozen=True)
class SearchResult:
    """One hit of a web search. snippet: a piece of the page's text, as the search engine gives it."""

    title: str
    url: str
    snippet: str

    def __str__(self) -> str:
        """Its three texts, each on a line."""
        return f"{self.title}\n{self.url}\n{self.snippet}"


def search_with(
    name: str, query: str, *, seconds: int, proxy: str | None, verify: bool | str
) -> list[SearchResult] | None:
    """What one engine finds; None if it refuses or fails."""
    # Not DDGS().text: it reports an engine that refuses (status 202 or 429) as one that finds nothing.
    from ddgs.engines import ENGINES as ddgs_engines

    proxy = proxy or os.environ.get("DDGS_PROXY")  # the variable that ddgs itself reads
    engine = ddgs_engines["text"][name](proxy=proxy, timeout=seconds, verify=verify)
    try:
        found = engine.search(query)
    except Exception as error:  # an engine's page can change in any way; the next one is asked
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
    return list(reversed(results.values()))  # of an address found twice, the first


class EngineCooldown:
    """Which engines are left alone, since they refused, and for how long. Safe in threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._until: dict[str, float] = {}
        self._refusals: dict[str, int] = {}

    def awake(self, names: Sequence[str]) -> list[str]:
        """Those that may be asked, in their order; where all rest, the one whose rest ends first."""
        with self._lock:
            now = self._clock()
            awake = [name for name in names if self._until.get(name, 0.0) <= now]
            return awake or [min(names, key=lambda name: self._until[name])]

    def note(self, name: str, *, answered: bool) -> None:
        """Let an engine rest that did not answer, each time in a row for longer."""
        with self._lock:
            if answered:
                self._refusals.pop(name, None)
                self._until.pop(name, None)
                return
            self._refusals[name] = self._refusals.get(name, 0) + 1
            seconds = min(FIRST_REST * 2.0 ** (self._refusals[name] - 1), LONGEST_REST)
            self._until[name] = self._clock() + seconds
