"""What readers find in web pages and what their texts cost: facts found, tokens, facts for 1,000 tokens.

python -m bench.pages     this alone; the facts that Glassbox does not find are named, too

The pages in tests/corpora/pages/ were written for this, each with the facts that a reader must find, before any
reader was run on them. Every reader gets them from the same web server on loopback. Tokens are those of the whole
text, counted with the tokenizer that litellm brings along; the text of Glassbox is that of all parts of a page.
"""

import asyncio
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from agent_core.net.transport import PublicTransport
from bench.tokens import tokenizer
from tests.corpora.pages import PAGES, load_facts, load_second, missing
from tools.visit_webpage import PageReader
from tools.web.download import Downloader

Reader = Callable[[str], str]
"""The text of the page at an address."""


@dataclass(frozen=True)
class Score:
    found: int
    facts: int
    tokens: int

    def __add__(self, other: "Score") -> "Score":
        return Score(self.found + other.found, self.facts + other.facts, self.tokens + other.tokens)

    def __str__(self) -> str:
        return f"{self.found} of {self.facts}, {self.tokens:,}, {1000 * self.found / max(1, self.tokens):.1f}"


def glassbox(url: str) -> str:
    """All parts of the page, as `visit_webpage` gives them."""

    async def loopback(host: str) -> list[str]:
        return ["127.0.0.1"]

    transport = lambda: PublicTransport(resolve=loopback, is_allowed=lambda address: True)  # noqa: E731
    reader = PageReader(Downloader(transport=transport))

    async def read() -> str:
        first = await reader.visit_webpage(url)
        rest = [await reader.visit_webpage(url, page) for page in range(2, first.pages + 1)]
        return "\n\n".join(page.text for page in (first, *rest))

    return asyncio.run(read())


def trafilatura(url: str) -> str:
    """The second approach: a library that looks for the main text, told to lose little."""
    import httpx
    from trafilatura import extract

    html = httpx.get(url).text
    text = extract(
        html,
        url=url,
        output_format="markdown",
        favor_recall=True,
        include_links=True,
        include_tables=True,
        include_images=True,
        include_comments=True,
        deduplicate=False,
    )
    return text or ""


def smolagents(url: str) -> str:
    """The peer's tool."""
    from smolagents.default_tools import VisitWebpageTool

    return VisitWebpageTool().forward(url)


READERS: Mapping[str, Reader] = {"Glassbox": glassbox, "trafilatura": trafilatura, "smolagents": smolagents}


def report() -> str:
    """The table: for each page and reader, facts found, tokens, and facts for 1,000 tokens."""
    facts, count = load_facts(), tokenizer()
    with serving() as address:
        scores = {
            name: [_score(reader(f"{address}/{name}.html"), wanted, count) for reader in READERS.values()]
            for name, wanted in facts.items()
        }
    second = load_second()
    totals = {
        "first set": [row for name, row in scores.items() if name not in second],
        "first set but big_table": [row for name, row in scores.items() if name not in {*second, "big_table"}],
        "second set": [scores[name] for name in second],
        "all": list(scores.values()),
    }
    rows = {**scores, **{name: _sum(part) for name, part in totals.items()}}
    width = max(map(len, rows))
    lines = [f"| {'page':<{width}} | {' | '.join(f'{name:<22}' for name in READERS)} |"]
    lines += [f"|{'-' * (width + 2)}|{('-' * 24 + '|') * len(READERS)}"]
    lines += [f"| {name:<{width}} | {' | '.join(f'{score!s:<22}' for score in row)} |" for name, row in rows.items()]
    return "\n".join(lines) + "\n\nFacts found, tokens, facts for 1,000 tokens."


def _score(text: str, facts: list[str], count: Callable[[str], int]) -> Score:
    return Score(len(facts) - len(missing(text, facts)), len(facts), count(text))


def _sum(rows: list[list[Score]]) -> list[Score]:
    return [sum(column, Score(0, 0, 0)) for column in zip(*rows, strict=True)]


@contextmanager
def serving() -> Generator[str]:
    """A web server on loopback with the pages. Gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = PAGES / Path(self.path).name
        self.send_response(200 if path.is_file() else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(path.read_bytes() if path.is_file() else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    print(report())
    with serving() as address:
        for name, wanted in load_facts().items():
            for fact in missing(glassbox(f"{address}/{name}.html"), wanted):
                print(f"not found in {name}: {fact}")
