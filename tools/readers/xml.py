"""Reads XML documents: feeds as a list of their entries, others as an outline."""

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # it is compiled

from agent_core.text import truncate
from tools.web.page import Document, Link

SUMMARY_CHARACTERS = 600
MOST_LINES = 100_000
MOST_LINKS = 2_000
DEEPEST_INDENT = 20
DATES = ("pubDate", "published", "updated", "date")
SUMMARIES = ("description", "summary", "content", "encoded")


def read_xml(body: bytes) -> Document:
    """Return a feed's entries, or an outline of the elements. Entities are not resolved, and nothing else is loaded."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return Document("", "application/xml", body.decode("utf-8", "replace"))
    entries = [element for element in root.iter() if _name(element) in ("item", "entry")]
    if _name(root).lower() in ("rss", "rdf", "feed") and entries:
        title = next((_words(element) for element in root.iter() if _name(element) == "title"), "")
        written, links = zip(*map(_entry, entries), strict=True)
        return Document(title, "application/xml", "\n\n".join(written), links=[link for link in links if link.url])
    lines = [line for _, line in zip(range(MOST_LINES), _outline(root), strict=False)]
    texts = (element.text.strip() for element in root.iter() if isinstance(element.text, str))
    urls = dict.fromkeys(text for text in texts if re.fullmatch(r"https?://\S{1,2000}", text))
    return Document("", "application/xml", "\n".join(lines), links=[Link("", url) for url in list(urls)[:MOST_LINKS]])


def _entry(element: Any) -> tuple[str, Link]:
    """Return an entry of a feed as Markdown, and its link."""
    children = {_name(child): child for child in reversed(list(element))}
    title = _words(children["title"]) if "title" in children else ""
    link = children.get("link")
    url = (link.get("href") or _words(link)) if link is not None else ""
    url = url if re.fullmatch(r"https?://\S{1,2000}", url) else ""
    head = f"## [{title}]({url})" if url else f"## {title}"
    date = next((_words(children[name]) for name in DATES if name in children), "")
    summary = next((_words(children[name]) for name in SUMMARIES if name in children), "")
    return "\n\n".join(filter(None, (head, date, truncate(summary, SUMMARY_CHARACTERS)))), Link(title, url)


def _outline(root: Any) -> Iterator[str]:
    """Yield a line for each element: its name, its attributes and its text, indented by its depth."""
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        attributes = "".join(f' {etree.QName(name).localname}="{value}"' for name, value in element.attrib.items())
        text = " ".join((element.text or "").split())
        yield f"{'  ' * min(depth, DEEPEST_INDENT)}{_name(element)}{attributes}{': ' if text else ''}{text}"
        depth += 1


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _words(element: Any) -> str:
    """Return the text of an element, without HTML inside it."""
    text = "".join(str(part) for part in element.itertext())[: 50 * SUMMARY_CHARACTERS]
    if "<" in text:
        text = BeautifulSoup(text, "lxml").get_text(" ")
    return " ".join(text.split())
