"""Writes an HTML page as Markdown: markdownify, with what it lacks."""

import re
from typing import Any

from bs4 import Tag
from markdownify import ATX, MarkdownConverter

DEEPEST_INDENT = 8  # levels of nested lists and quotes; deeper ones are not indented further
LONGEST_TARGET = 300  # characters of a link's address in the text; longer addresses are left out


_Converter: Any = MarkdownConverter  # its type stubs lack most of its methods


class MarkdownWriter(_Converter):
    """Writes a soup as Markdown. Its tables must be <ready-markdown> elements, or turned into blocks."""

    def __init__(self) -> None:
        super().__init__(
            heading_style=ATX,
            bullets="-",
            autolinks=False,
            escape_asterisks=False,
            escape_underscores=False,
            code_language_callback=_code_language,
        )

    def write(self, content: Tag) -> str:
        """Return the Markdown of the whole content."""
        for items in content.find_all("ol"):
            _number(items)
        try:
            text = self.convert_soup(content)
        except RecursionError:  # elements hundreds of levels deep, as some page builders make them
            text = content.get_text("\n", strip=True)
        text = re.sub(r"[\u200b\u00ad\ufeff\0]", "", text.replace("\xa0", " "))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()

    def write_cell(self, cell: Tag) -> str:
        """Return the Markdown of a table's cell or caption, on one line."""
        if cell.string and cell.contents[0] is cell.string:  # most cells are plain text
            return " ".join(cell.string.split())
        try:
            text = "".join(self.process_element(child, parent_tags={"td", "_inline"}) for child in cell.children)
        except RecursionError:
            text = cell.get_text(" ")
        return " ".join(text.split())

    def convert_ready_markdown(self, el: Tag, text: str, parent_tags: Any) -> str:
        return f"\n\n{el.get_text()}\n\n"

    def convert_a(self, el: Tag, text: str, parent_tags: Any) -> str:
        """Write a link. One around several lines, such as a whole card, goes to their heading or first line."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        target = str(el.get("href", ""))
        if not lines or not target or len(target) > LONGEST_TARGET or "_noformat" in parent_tags or "](" in text:
            return text
        headings = [number for number, line in enumerate(lines) if re.match("#+ ", line)]
        if len(lines) == 1 and not headings:
            return f"{text[: len(text) - len(text.lstrip())]}[{text.strip()}]({target}){text[len(text.rstrip()) :]}"
        place = headings[0] if headings else 0
        lines[place] = re.sub(r"^(#+ )?(.*)", rf"\1[\2]({target})", lines[place])
        return "\n\n" + "\n\n".join(lines) + "\n\n"

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: Any) -> str:
        return super().convert_hN(n, el, text, parent_tags) if text.strip() else ""

    def convert_br(self, el: Tag, text: str, parent_tags: Any) -> str:
        return " " if "_inline" in parent_tags and "pre" not in parent_tags else "\n"

    def convert_em(self, el: Tag, text: str, parent_tags: Any) -> str:
        return text  # marks of emphasis cost tokens and say little

    convert_i = convert_em

    def convert_li(self, el: Tag, text: str, parent_tags: Any) -> str:
        text = (text or "").strip()
        if not text:
            return "\n"
        bullet = f"{el.get('data-number', '-')} "
        return f"{bullet}{_indented(el, text, len(bullet))}\n"

    def convert_dd(self, el: Tag, text: str, parent_tags: Any) -> str:
        text = (text or "").strip()
        return f": {_indented(el, text, 2)}\n" if text else "\n"

    def convert_blockquote(self, el: Tag, text: str, parent_tags: Any) -> str:
        if len(el.find_parents("blockquote")) >= DEEPEST_INDENT:
            return text
        return super().convert_blockquote(el, text, parent_tags)

    def convert_summary(self, el: Tag, text: str, parent_tags: Any) -> str:
        return f"\n\n**{' '.join(text.split())}**\n\n" if text.strip() else ""

    convert_main = convert_header = convert_footer = convert_aside = convert_figure = convert_details = (
        _Converter.convert_div
    )
    convert_address = convert_form = convert_fieldset = convert_center = convert_nav = _Converter.convert_div


def _number(items: Tag) -> None:
    """Give the items of a list their numbers or letters."""
    start = re.match(r"\s*-?\d{1,9}", str(items.get("start", "1")))
    number = int(start[0]) if start else 1
    letters = {"a": "a", "A": "A"}.get(str(items.get("type")))
    for item in items.find_all("li", recursive=False):
        value = re.match(r"\s*-?\d{1,9}", str(item.get("value", "")))
        number = int(value[0]) if value else number
        is_letter = letters and 1 <= number <= 26
        item["data-number"] = f"{chr(ord(letters) + number - 1) if letters and is_letter else number}."
        number += 1


def _indented(el: Tag, text: str, width: int) -> str:
    """Return the text with all lines but the first indented."""
    is_deep = len(el.find_parents(["li", "dd"])) >= DEEPEST_INDENT
    return text if is_deep else re.sub(r"\n(?=[^\n])", "\n" + " " * width, text)


def _code_language(pre: Tag) -> str:
    """Return the language of a code block, which pages name in a class such as "language-python"; "" if unknown."""
    tags = [pre, *pre.find_all("code")]
    names = [name for tag in tags for name in tag.get_attribute_list("class") if name]
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")
