"""The tool that opens a web page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urldefrag

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.net.urls import origin_of, same_host
from agent_core.tools.base import Tool
from agent_core.tools.context import add_source, check_address, is_allowed_host, learn_addresses
from tools.readers.document_reader import read_document
from tools.readers.passage_search import find_passages as find_passages
from tools.readers.subprocess_reader import read_in_subprocess
from tools.readers.text_splitter import split_lines, split_markdown
from tools.web.cache import Cache
from tools.web.download import Download, Downloader, needs_login
from tools.web.page import PART_CHARACTERS, Document, Page

LARGE, MOST_TAGS = 400_000, 15_000  # bytes and tags of markup; larger documents are read in a process of their own
MARKDOWN = ("text/html", "text/markdown", "application/pdf")
KEPT_SECONDS = 300.0
KEPT_DOCUMENTS = 40
KEPT_CHARACTERS = 20_000_000


@dataclass(frozen=True)
class SplitDocument:
    """A document that was read, with its text in parts.

    Attributes:
        url: Its address after all redirects.
        document: The document.
        parts: The parts of its text.
    """

    url: str
    document: Document
    parts: list[str]


class PageReader:
    """Opens web pages, and keeps them for some minutes, so that another part or a search needs no second download."""

    def __init__(self, downloader: Downloader | None = None) -> None:
        self._downloader = downloader or Downloader()
        self._kept: Cache[SplitDocument] = Cache(seconds=KEPT_SECONDS, most=KEPT_DOCUMENTS, most_size=KEPT_CHARACTERS)

    async def visit_webpage(self, url: str, page: int = 1, find: str = "") -> Page:
        """Open a web page, PDF, JSON, CSV or image. print(page) shows its text: Markdown, in parts if long.

        page: which part. find: only the passages with these words, and in which part each is.
        Page has title, url, cite, media_type, text, page, pages, tables (caption, columns, rows), links (text, url),
        data (parsed JSON, image bytes).
        """
        kept = self._kept.get(_place(url))
        is_known = await check_address(url, sends=kept is None)
        split = kept or await self._download(url, keep_to_hosts=not is_known)
        return await run_in_own_thread(lambda: _show(split, page, find, learn=is_known))

    async def _download(self, url: str, *, keep_to_hosts: bool) -> SplitDocument:
        """Download and read a document. With `keep_to_hosts`, redirects may lead to allowed hosts only."""
        may_go_to = partial(_is_allowed, url) if keep_to_hosts else None
        download = await self._downloader.fetch(url, may_go_to=may_go_to)
        document = await self._read(download)
        if document.wants_login and download.was_moved:
            raise ToolError(needs_login(download.url))
        split = await run_in_own_thread(lambda: split_document(download.url, document))
        self._kept.put(_place(url), split, _size(document))
        return split

    async def _read(self, download: Download) -> Document:
        is_markup = download.kind in ("html", "xml")
        is_large = len(download.body) > LARGE or download.body.count(b"<") > MOST_TAGS
        is_risky = download.kind == "pdf" or (is_markup and is_large)
        return await (read_in_subprocess(download) if is_risky else run_in_own_thread(lambda: read_document(download)))


def _place(url: str) -> str:
    """Return the address without its fragment, which is not sent."""
    return urldefrag(url.strip())[0]


def _is_allowed(url: str, target: str) -> bool:
    """Return whether a redirect may be followed: to the same host, with or without "www.", or to an allowed host."""
    return same_host(url, target) or is_allowed_host(target)


def _show(split: SplitDocument, page: int, find: str, *, learn: bool) -> Page:
    document = split.document
    if learn:
        learn_addresses([split.url, *(link.url for link in document.links)], document.searched or document.text)
    return as_source(to_page(split, page, find))


def as_source(page: Page) -> Page:
    """Name a page as a source of the chat, and return it with what stands for it in an answer."""
    number = add_source(page.url, page.title if page.title != page.url else "")
    return replace(page, cite=f"[{number}]") if number else page


def split_document(url: str, document: Document) -> SplitDocument:
    """Split the document's text into parts."""
    cut = split_markdown if document.media_type in MARKDOWN else split_lines
    return SplitDocument(url, document, cut(document.text, PART_CHARACTERS))


def to_page(split: SplitDocument, page: int = 1, find: str = "") -> Page:
    """Return one part of a document, or the passages with the words in `find`. Raises ToolError for a wrong part."""
    document, parts = split.document, split.parts
    if not 1 <= page <= len(parts):
        raise ToolError(f"This page has {len(parts)} part{'s' if len(parts) > 1 else ''}; there is no part {page}.")
    if find.strip():
        text = find_passages(find, [document.searched] if document.searched else parts, PART_CHARACTERS)
    else:
        text = parts[page - 1]
    return Page(
        title=document.title or split.url,
        url=split.url,
        media_type=document.media_type,
        text="\n\n".join([text, *_notes(split, text, 0 if find.strip() else page)]),
        page=0 if find.strip() else page,
        pages=len(parts),
        tables=document.tables,
        links=document.links,
        data=document.data,
    )


def _notes(split: SplitDocument, text: str, page: int) -> Iterator[str]:
    """Yield notes that belong to the text, so that code that prints only the text sees them."""
    if "](/" in text and split.document.media_type == "text/html":
        yield f"(Links that begin with / are on {origin_of(split.url)}.)"
    count = len(split.parts)
    if page and count > 1:
        following = f"; the next with page={page + 1}" if page < count else ""
        yield f"(Part {page} of {count}{following}; find= looks for words in all.)"


def _size(document: Document) -> int:
    """Return about how much memory a document takes, in characters."""
    cells = sum(len(row) for table in document.tables for row in table.rows)
    data = (
        len(document.data) if isinstance(document.data, bytes) else 2 * len(document.text) * (document.data is not None)
    )
    return 2 * len(document.text) + len(document.searched) + 60 * cells + data + 200 * len(document.links)


visit_webpage = Tool(PageReader().visit_webpage, timeout=90.0)
