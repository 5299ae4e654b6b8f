"""The demo's stand-ins for the web tools: they answer from files in `recordings/` and never touch the network.

`recordings/searches.json` lists searches, each with its queries and results. A file in `recordings/pages/` is a page:
its title in the first line, after "# ", and its address in the line that starts with "Source: ".
"""

import json
import re
from pathlib import Path

from agent_core.errors import ToolError
from agent_core.net.url_allowlist import NamedBy
from agent_core.tools.base import Tool
from agent_core.tools.context import check_address, learn_addresses
from tools.readers.document_reader import read_markdown
from tools.visit_webpage import SplitDocument, as_source, split_document, to_page
from tools.visit_webpage import visit_webpage as real_visit
from tools.web.engines import SearchResult
from tools.web.page import Page
from tools.web_search import web_search as real_search

RECORDINGS = Path(__file__).parent / "recordings"
NOT_RECORDED = "The demo has recorded results only for its own examples; connect a real model to search the web."


def recorded_tools() -> list[Tool]:
    """web_search and visit_webpage, with the signatures and results of the real ones, for the demo's own examples.

    Anything else that they are asked for raises ToolError.
    """
    searches = _load_searches()
    pages = {page.url: page for page in map(_load_page, sorted((RECORDINGS / "pages").glob("*.md")))}

    def web_search(query: str, max_results: int = 8) -> list[SearchResult]:
        if _normal(query) not in searches:
            raise ToolError(NOT_RECORDED)
        results = searches[_normal(query)][:max_results]
        learn_addresses((result.url for result in results), by=NamedBy.SEARCH)
        return results

    async def visit_webpage(url: str, page: int = 1, find: str = "") -> Page:
        if url not in pages:
            raise ToolError(NOT_RECORDED)
        await check_address(url, sends=False)
        learn_addresses(link.url for link in pages[url].document.links)
        return as_source(to_page(pages[url], page, find))

    return [
        Tool(web_search, description=real_search.description),
        Tool(visit_webpage, description=real_visit.description),
    ]


def _load_searches() -> dict[str, list[SearchResult]]:
    recordings = json.loads((RECORDINGS / "searches.json").read_text(encoding="utf-8"))
    return {
        _normal(query): [SearchResult(**result) for result in recording["results"]]
        for recording in recordings
        for query in recording["queries"]
    }


def _load_page(path: Path) -> SplitDocument:
    text = path.read_text(encoding="utf-8")
    source = re.search(r"^Source: (\S+)", text, re.MULTILINE)
    if not source:
        raise ValueError(f"{path.name} has no line that starts with 'Source: '")
    return split_document(source[1], read_markdown(text))


def _normal(query: str) -> str:
    return " ".join(re.findall(r"\w+", query.casefold()))
