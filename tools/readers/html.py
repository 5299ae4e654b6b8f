"""Turns an HTML page into a document: its main text as Markdown, its tables and links as data."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup, Tag

from agent_core.net.urls import is_web_url, origin_of
from tools.readers.boilerplate import Cleaner
from tools.readers.markdown_writer import MarkdownWriter
from tools.readers.tables import TableReader, is_data
from tools.readers.text_equivalents import replace_by_text
from tools.web.page import Document, Link

TITLE_CHARACTERS = 300
LONGEST_ADDRESS = 2_000
MOST_LINKS = 2_000
LINK_CHARACTERS = 150
ROLES = {"table": "table", "row": "tr", "cell": "td", "gridcell": "td", "columnheader": "th", "rowheader": "th"}
TABLE_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup")
DEEPEST = 200  # levels of nested elements
FEWEST_LINKS = 3  # links to the page's own site from which on shortening them is worthwhile


def read_html(html: str, url: str) -> Document:
    """Return the document of an HTML page, whose address makes its links absolute."""
    soup = BeautifulSoup(re.sub(r"\A\s*<\?xml[^>]*>", "", html), "lxml")
    title = " ".join(soup.title.get_text().split())[:TITLE_CHARACTERS] if soup.title else ""
    if not title and soup.h1:
        title = " ".join(soup.h1.get_text().split())[:TITLE_CHARACTERS]
    if _is_too_deep(soup):
        return Document(title, "text/html", _bare_text(soup))
    wants_login = bool(soup.find("input", type="password"))
    description = _description(soup)
    base = soup.find("base", href=True)
    _make_links_absolute(soup, (_join(url, str(base["href"])) if isinstance(base, Tag) else "") or url)
    replace_by_text(soup)
    links = _links(soup)
    Cleaner(soup).clean()
    content = soup.body or soup
    kept = {link.url for link in _links(content)}
    links.sort(key=lambda link: link.url not in kept)  # those of the content first
    text, tables = _to_markdown(soup, content)
    return Document(
        title=title,
        media_type="text/html",
        text=_shorten_links(text, url) or description,
        tables=tables.found,
        links=links,
        wants_login=wants_login,
    )


def _description(soup: BeautifulSoup) -> str:
    """Return the page's description of itself, for a page that shows no text without a browser; "" if it has none."""
    tag = soup.select_one('meta[name="description"][content], meta[property="og:description"][content]')
    words = " ".join(str(tag["content"]).split())[:1_000] if tag else ""
    return f"(This page shows its text only in a browser. It describes itself so: {words})" if words else ""


def _is_too_deep(soup: BeautifulSoup) -> bool:
    """Return whether hundreds of elements are nested, as a few page builders and attackers do."""
    depths = {id(soup): 0}
    for tag in soup.find_all(True):
        depths[id(tag)] = depths[id(tag.parent)] + 1
        if depths[id(tag)] > DEEPEST:
            return True
    return False


def _bare_text(soup: BeautifulSoup) -> str:
    for tag in soup.find_all(["script", "style", "template"]):
        tag.decompose()
    return (soup.body or soup).get_text("\n", strip=True)


def _to_markdown(soup: BeautifulSoup, content: Tag) -> tuple[str, TableReader]:
    writer = MarkdownWriter()
    tables = TableReader(writer.write_cell)
    _use_roles(soup)
    for table in reversed(soup.find_all("table")):  # inner tables before those around them
        if is_data(table):
            ready = soup.new_tag("ready-markdown")
            ready.string = tables.read(table)
            table.replace_with(ready)
    tables.found.reverse()
    _unmake_tables(soup)
    return writer.write(content), tables


def _use_roles(soup: BeautifulSoup) -> None:
    """Turn elements with the role of a table into real tables."""
    for tag in soup.find_all("div", role="table") + soup.find_all("div", role="grid"):
        for part in [tag, *tag.find_all(role=True)]:
            part.name = ROLES.get(str(part["role"]), part.name)
        tag.name = "table"


def _unmake_tables(soup: BeautifulSoup) -> None:
    """Turn the tables that only lay out the page into blocks."""
    for listing in soup.select("td pre"):
        row = listing.find_parent("tr")
        if row and len(row.find_all("pre", limit=2)) > 1 and re.fullmatch(r"[\d\s]+", listing.get_text() or "0"):
            listing.decompose()  # the line numbers of the listing beside it
    for part in soup.find_all(TABLE_PARTS):
        part.name = "div"


def _make_links_absolute(soup: BeautifulSoup, base: str) -> None:
    _drop_contents(soup)
    heading = soup.find("h1")
    above = {id(link) for link in heading.find_all_previous("a")} if isinstance(heading, Tag) else set()
    for link in soup.find_all("a"):
        href = str(link.get("href", "")).strip()
        target = _join(base, href) if href and not href.startswith("#") else ""
        if is_web_url(target) and len(target) <= LONGEST_ADDRESS:
            link["href"] = target
        elif href.startswith("#") and (id(link) in above or _is_sign(link)):
            link.decompose()  # "skip to content", or the sign beside a heading that leads to it
        else:
            link.unwrap()  # mail, scripts, places on this page: their text is enough


def _drop_contents(soup: BeautifulSoup) -> None:
    """Drop tables of contents: lists of links to places on the same page, which only repeat its headings."""
    for items in soup.find_all(["ul", "ol"]):
        links = [] if items.decomposed else items.select('a[href^="#"]')
        if len(links) > 2:
            text = len("".join(items.get_text().split()))
            if sum(len("".join(link.get_text().split())) for link in links) > 0.8 * text:
                items.decompose()


def _is_sign(link: Tag) -> bool:
    return (
        len(link.get_text(strip=True)) < 2 and link.find_parent(["h1", "h2", "h3", "h4", "h5", "h6", "dt"]) is not None
    )


def _join(base: str, href: str) -> str:
    """Return the absolute address; "" if an address is malformed."""
    try:
        return urljoin(base, href).replace(" ", "%20")
    except ValueError:
        return ""


def _links(content: Tag) -> list[Link]:
    found: dict[str, Link] = {}
    for url, text in _addresses(content):
        if len(found) == MOST_LINKS:
            break
        if url not in found or not found[url].text:
            found[url] = Link(text, url)
    return list(found.values())


def _addresses(content: Tag) -> Iterator[tuple[str, str]]:
    for tag in content.find_all("a", href=True):
        text = " ".join(tag.get_text(" ").split()) or str(tag.get("aria-label") or tag.get("title") or "")
        yield urldefrag(str(tag["href"]))[0], text[:LINK_CHARACTERS]


def _shorten_links(text: str, url: str) -> str:
    """Leave out the page's own site in links, if that saves more text than the note about it costs."""
    site = origin_of(url)
    return text.replace(f"]({site}/", "](/") if text.count(f"]({site}/") >= FEWEST_LINKS else text
