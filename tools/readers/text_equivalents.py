"""Replaces elements of HTML pages that have a meaning but no text: formulas, pictures, superscripts."""

import re
from collections.abc import Callable

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
LONGEST_LABEL = 500  # characters
MOST_CELLS, LONGEST_CELL = 8, 60  # boxes in a row, and characters of each
BLOCKS = ("div", "p", "ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "br", "section", "article")
INLINE = ("span", "a", "b", "strong", "i", "em", "time", "label", "small", "button")
LONG_BLANK = re.compile(r"\s{200,}")
NO_WORDS = ("script", "style", "template", "iframe", "object", "embed", "audio", "video", "canvas", "head")


def replace_by_text(soup: BeautifulSoup) -> None:
    """Replace elements that have a meaning but no text by text, and drop those without a meaning."""
    for text in soup.find_all(string=LONG_BLANK):  # the patterns of markdownify would take minutes for long blanks
        text.replace_with(LONG_BLANK.sub(lambda blank: "\n" if "\n" in blank[0] else " ", text))
    for tag in soup.find_all(NO_WORDS):
        if not tag.decomposed and str(tag.get("type")).startswith("math/tex"):
            tag.replace_with(f"${tag.get_text()}$")
        elif not tag.decomposed:
            tag.decompose()
    for tag in soup.find_all("noscript"):  # meant for readers like this one, but most only ask for JavaScript
        if re.search("javascript", tag.get_text(), re.IGNORECASE):
            tag.decompose()
    for name, write in _WRITERS.items():
        for tag in soup.find_all(name):
            if not tag.decomposed:
                tag.replace_with(write(tag))
    for tag in soup.find_all(lambda tag: tag.get("role") == "img" and tag.has_attr("aria-label")):  # such as stars
        tag.replace_with(f" {str(tag['aria-label'])[:LONGEST_LABEL]} ")
    for tag in soup.find_all("abbr", title=True):
        if str(tag["title"]).strip() not in tag.get_text():
            tag.append(f" ({str(tag['title'])[:LONGEST_LABEL]})")
    for tag in soup.find_all("rt"):
        opening, closing = "（）" if tag.get_text()[:1] > "\u3000" else "()"
        tag.insert(0, opening)
        tag.append(closing)
    for tag in soup.find_all("code"):
        before = tag.previous_sibling
        if isinstance(before, Tag) and before.name == "code" and tag.parent is not None and tag.parent.name == "pre":
            tag.insert_before("\n")
    _join_rows(soup)
    _space_out(soup)


def _picture(tag: Tag) -> str:
    """Return the text for a picture: only its label if that stands for a word, as in a cell, or a note with it."""
    title = tag.find("title")
    label = tag.get("alt") or tag.get("aria-label") or (title.get_text() if isinstance(title, Tag) else "")
    label = " ".join(str(label).split())[:LONGEST_LABEL]
    if not label or tag.get("aria-hidden") == "true" or tag.get("role") == "presentation":
        return ""
    if re.search(r"\\[a-z]|[_^]{", label):
        return f"${label}$"
    link = tag.find_parent("a")
    if tag.name == "svg" or tag.find_parent(["td", "th"]) or (link and not link.get_text(strip=True)):
        return label
    return f" (Image: {label}) " if len(label) > 15 else ""


def _formula(tag: Tag) -> str:
    source = tag.find("annotation", encoding=re.compile("tex", re.IGNORECASE))
    return f"${source.get_text().strip()}$" if isinstance(source, Tag) else _linear(tag)


def _linear(tag: Tag) -> str:
    """Return a MathML formula on one line."""
    parts = [_linear(child) if isinstance(child, Tag) else str(child).strip() for child in tag.children]
    parts = [part for part in parts if part]
    signs = {"msup": "^", "mover": "^", "msub": "_", "munder": "_", "mfrac": "/"}
    if tag.name in signs and len(parts) == 2:
        return signs[tag.name].join(f"({part})" if len(part) > 1 else part for part in parts)
    if tag.name == "msqrt":
        return f"√({''.join(parts)})"
    return "" if tag.name == "annotation" else "".join(parts)


def _raised(sign: str, table: dict[int, int]) -> Callable[[Tag], str]:
    def write(tag: Tag) -> str:
        """Return the text with raised or lowered characters, so that 10⁶ is not read as 106."""
        text = tag.get_text()
        if not text.strip() or len(text) > 12 or "[" in text or text in ("st", "nd", "rd", "th"):
            return text  # the number of a note, or the ending of an ordinal
        small = text.translate(table)
        return small if all(ord(character) in table for character in text) else sign + text

    return write


_WRITERS: dict[str, Callable[[Tag], str]] = {
    "math": _formula,
    "svg": _picture,
    "img": _picture,
    "sup": _raised("^", RAISED),
    "sub": _raised("_", LOWERED),
    "rp": lambda tag: "",
}


def _join_rows(soup: BeautifulSoup) -> None:
    """Put the short boxes of a row on one line, as a page's style does with the cells of a grid."""
    for row in soup.find_all("div"):
        cells = row.find_all(True, recursive=False)
        if not 2 <= len(cells) <= MOST_CELLS or any(cell.name != "div" or cell.find(BLOCKS) for cell in cells):
            continue
        texts = [cell.get_text(" ", strip=True) for cell in cells]
        if all(0 < len(text) <= LONGEST_CELL for text in texts):
            for cell in cells:
                cell.name = "span"
            for cell in cells[1:]:
                cell.insert_before(" | ")


def _space_out(soup: BeautifulSoup) -> None:
    """Put a space between words that only the page's style separates: <span>Size</span><span>14 m²</span>."""
    for tag in soup.find_all(INLINE):
        after = tag.next_sibling
        if isinstance(after, Tag) and after.name in INLINE and not tag.find_parent(["pre", "code", "dt"]):
            left, right = _edge(tag, -1), _edge(after, 0)
            if left[-1:].isalnum() and right[:1].isalnum():
                tag.insert_after(" ")


def _edge(tag: Tag, end: int) -> str:
    """Return the text at the beginning (0) or at the end (-1) of an element."""
    node: object = tag
    while isinstance(node, Tag):
        node = node.contents[end] if node.contents else None
    return str(node) if isinstance(node, NavigableString) else ""
