"""Removes what surrounds the content of an HTML page: menus, cookie notices, hidden elements, advertisements.

Losing a fact is worse than keeping clutter, so an element stays if it holds much of the page or its main heading.
"""

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

NAVIGATION = "nav, [role=navigation], [role=search], [role=menu], [role=menubar], [role=dialog], [role=alertdialog]"
# Words in the class or id of boxes that are never content …
BOXES = {
    *("cookie", "cookies", "consent", "gdpr", "newsletter", "subscribe", "share", "sharing", "sharedaddy", "social"),
    *("advert", "advertisement", "ad", "ads", "sponsor", "sponsored", "promo", "upsell", "popup", "modal", "related"),
    *("recommended", "breadcrumb", "breadcrumbs", "paginate", "pagination", "feedback", "skip", "editsection"),
}
# … and of boxes that are not content if they consist of links.
LINK_BOXES = {
    *("menu", "nav", "navigation", "navbox", "sidebar", "widget", "toc", "header", "topbar", "masthead", "footer"),
    *("tags", "similar", "recent", "viewed"),
}
MENUS = ("ul", "ol", "p", "div", "table", "center", "header")
LARGEST_BOX = 1_500  # characters
LARGEST_CONSENT = 800
COOKIES = re.compile(r"\bcookies?\b|クッキー", re.IGNORECASE)
CONSENT = re.compile(r"accept|agree|consent|reject|akzept|zustimm|einverstanden|acept|同意", re.IGNORECASE)
RIGHTS = re.compile(r"©|\(c\) \d{4}|copyright|all rights reserved", re.IGNORECASE)


@dataclass
class Size:
    """The size of an element's text.

    Attributes:
        text: The number of characters.
        linked: How many of them are in links.
    """

    text: int = 0
    linked: int = 0

    @property
    def is_links(self) -> bool:
        """Whether it consists mainly of links."""
        return self.linked > 0.6 * self.text


class Cleaner:
    """Removes the clutter of a page from its soup."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._soup = soup
        self._sizes = _measure(soup)
        self._whole = self._size(soup.body or soup)
        self._kept = {
            id(tag) for heading in soup.select("h1, main, [role=main]") for tag in (heading, *heading.parents)
        }
        self._unfolding = {name for tag in soup.select("[aria-controls]") for name in str(tag["aria-controls"]).split()}

    def clean(self) -> None:
        """Remove hidden elements, consent questions, controls, menus, boxes, and the page's header and footer."""
        for tag in self._soup.find_all(_is_hidden):
            if not self._unfolds(tag):
                self._drop(tag)
        self._drop_consent()
        self._drop_controls()
        for tag in self._soup.select(NAVIGATION):
            self._drop(tag)
        self._drop_boxes()
        self._drop_edges()

    def _size(self, tag: Tag) -> Size:
        return self._sizes.get(id(tag)) or Size()

    def _drop(self, tag: Tag) -> None:
        if tag.decomposed or id(tag) in self._kept or self._size(tag).text > 0.5 * self._whole.text:
            return
        tag.decompose()

    def _unfolds(self, tag: Tag) -> bool:
        """Return whether a hidden element appears on a click, such as a tab or an answer, and is not a menu."""
        before = tag.find_previous_sibling()
        is_named = tag.get("role") in ("tabpanel", "region") or tag.get("id") in self._unfolding
        is_under_button = isinstance(before, Tag) and bool(before.select_one("[aria-expanded]") or _expands(before))
        return (is_named or is_under_button) and not self._size(tag).is_links

    def _drop_consent(self) -> None:
        """Drop boxes that ask for consent to cookies, whatever their class or id is."""
        for tag in self._soup.find_all(["div", "section", "aside", "form"]):
            if not tag.decomposed and self._size(tag).text <= LARGEST_CONSENT and tag.find("button"):
                text = tag.get_text(" ")
                if COOKIES.search(text) and CONSENT.search(text):
                    self._drop(tag)

    def _drop_controls(self) -> None:
        for tag in self._soup.find_all(["input", "textarea", "button", "select", "label"]):
            heading = tag.find_parent(["h1", "h2", "h3", "h4", "h5", "h6", "summary"])
            if tag.decomposed or (heading and self._size(heading).text == self._size(tag).text):
                continue  # it is the heading of what it unfolds
            if tag.name == "label":
                if tag.find(["textarea", "input"], type=lambda kind: kind not in ("checkbox", "radio")):
                    tag.decompose()
            elif tag.name == "select":
                self._write_choice(tag)
            elif not (_expands(tag) or tag.get("role") == "tab") or len(tag.get_text().split()) < 3:
                self._drop(tag)

    def _write_choice(self, select: Tag) -> None:
        """Keep a short list of choices, which may be content such as sizes; drop a long one, such as all countries."""
        choices = [" ".join(option.get_text().split()) for option in select.find_all("option")]
        if len(choices) > 10 or select.find_parent(["header", "nav"]):
            select.decompose()
        else:
            select.replace_with(f" [{' | '.join(choices)}] ")

    def _drop_boxes(self) -> None:
        for word, boxes in self._named_boxes().items():
            total = sum(self._size(box).text for box in boxes if not box.decomposed)
            if word in BOXES and total > 0.3 * self._whole.text:
                continue  # on a page of advertisements, these are the content
            for box in boxes:
                if not box.decomposed and (word in BOXES or self._size(box).is_links):
                    self._drop(box)

    def _named_boxes(self) -> dict[str, list[Tag]]:
        """Return, for each word, the elements that have it in their class or id and are small enough."""
        boxes: dict[str, list[Tag]] = {}
        for tag in self._soup.find_all(lambda tag: tag.has_attr("class") or tag.has_attr("id")):
            names = " ".join([*map(str, tag.get_attribute_list("class")), str(tag.get("id", ""))])
            words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", names[:500]).lower()))
            for word in words & (BOXES | LINK_BOXES):
                if self._size(tag).text <= LARGEST_BOX:
                    boxes.setdefault(word, []).append(tag)
        return boxes

    def _drop_edges(self) -> None:
        """Drop headers, footers and asides of the page, and menus above its main heading."""
        if self._whole.linked > 0.5 * self._whole.text:
            return  # the page consists of links, such as a front page
        heading = self._soup.find("h1")
        above = heading.find_all_previous(MENUS) if isinstance(heading, Tag) else []
        for tag in above:
            is_sites = tag.name == "header" and not tag.find_parent(["article", "main"])
            if is_sites or self._size(tag).is_links:
                self._drop(tag)
        for tag in self._soup.find_all(["header", "footer", "aside"]):
            if tag.decomposed or tag.find_parent(["article", "main"]):
                continue
            if tag.name == "footer":
                _keep_facts(tag)
            elif self._size(tag).is_links:
                self._drop(tag)


def _measure(soup: BeautifulSoup) -> dict[int, Size]:
    sizes: dict[int, Size] = {}
    for tag in reversed(soup.find_all(True)):  # children before their parents
        size = sizes.setdefault(id(tag), Size())
        for child in tag.children:
            if isinstance(child, Tag):
                size.text += sizes[id(child)].text
                size.linked += sizes[id(child)].linked
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                size.text += len(child.strip())
        if tag.name == "a" and tag.has_attr("href"):
            size.linked = size.text
    return sizes


def _is_hidden(tag: Tag) -> bool:
    style = re.sub(r"\s", "", str(tag.get("style", "")).lower())
    return (
        (tag.has_attr("hidden") and tag["hidden"] != "until-found")
        or "display:none" in style
        or "visibility:hidden" in style
        or tag.get("aria-hidden") == "true"
    )


def _expands(tag: Tag) -> bool:
    """Return whether a click on the element shows something."""
    return tag.has_attr("aria-expanded") or tag.has_attr("aria-controls")


def _keep_facts(footer: Tag) -> None:
    """Keep only lines that may be facts: those with digits, such as an address, a telephone number or opening hours."""
    for tag in footer.find_all(["ul", "ol", "nav", "a"]):
        if not tag.decomposed and not re.search(r"\d{3}", tag.get_text()):
            tag.decompose()
    blocks = ["p", "div", "li", "td", "footer", "address"]
    lines: dict[int, list[NavigableString]] = {}  # by the block that they are in
    for text in footer.find_all(string=True):
        lines.setdefault(id(text.find_parent(blocks)), []).append(text)
    for texts in lines.values():
        words = " ".join(texts)
        if RIGHTS.search(words) or not re.search(r"\d", words):
            for text in texts:
                text.extract()
