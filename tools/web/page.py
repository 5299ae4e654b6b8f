"""What is read from the web: a whole document, and the Page that a tool returns."""

from dataclasses import dataclass, field
from typing import Any

PART_CHARACTERS = 6_500  # of a page's text in one result; a model's observation holds 8,000


@dataclass(frozen=True)
class Table:
    """A table as data. A cell that spans several rows or columns is repeated in each.

    Attributes:
        caption: Its caption; "" if it has none.
        columns: The names of its columns; empty if it has none.
        rows: Its rows, all of the same length.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        """Return its size and the names of its columns."""
        named = f": {', '.join(self.columns)}"[:200] if any(self.columns) else ""
        return f"Table {self.caption[:100]!r}, {len(self.rows):,} rows{named}"


@dataclass(frozen=True)
class Link:
    """A link of a page.

    Attributes:
        text: The text of the link.
        url: The absolute address that it leads to.
    """

    text: str
    url: str

    def __str__(self) -> str:
        """Return the link in Markdown."""
        return f"[{self.text}]({self.url})"


@dataclass(frozen=True)
class Document:
    """A whole document that was read.

    Attributes:
        title: Its title; "" if it has none.
        media_type: Its media type, such as "text/html".
        text: Its text, as Markdown or as it is.
        tables: Its tables.
        links: Its links.
        data: The value of a JSON document or the bytes of an image; None for other documents.
        searched: The text to search for words; "" if that is `text`.
        wants_login: Whether it asks for a password.
    """

    title: str
    media_type: str
    text: str
    tables: list[Table] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    data: Any = None
    searched: str = ""
    wants_login: bool = False


@dataclass(frozen=True)
class Page:
    """A part of a web page, with all tables and links of the page.

    Attributes:
        title: The title of the page; its address if it has none.
        url: The address of the page after all redirects.
        media_type: The media type of the page, such as "text/html".
        text: The text of this part: Markdown, plain text or indented JSON.
        page: The number of the part, from 1; 0 if the text holds the passages that were searched for.
        pages: How many parts the page has.
        tables: The tables of the whole page.
        links: The links of the whole page.
        data: The value of a JSON document or the bytes of an image; None for other pages.
        cite: What stands for the page in an answer, such as "[3]"; "" outside of a chat.
    """

    title: str
    url: str
    media_type: str
    text: str
    page: int
    pages: int
    tables: list[Table]
    links: list[Link]
    data: Any = None
    cite: str = ""

    def __str__(self) -> str:
        """Return the text, with the title and address before it, and a note about the other attributes after it."""
        where = f" (part {self.page} of {self.pages})" if self.page and self.pages > 1 else ""
        head = [f"{self.title[:200]}{where}", *([self.url[:500]] if self.url != self.title else [])]
        also = [
            f"{count:,} {kind}{'' if count == 1 else 's'} in .{kind}s"
            for kind, count in (("table", len(self.tables)), ("link", len(self.links)))
            if count
        ]
        if self.data is not None:
            also.append("the value in .data" if not isinstance(self.data, bytes) else "the bytes in .data")
        return "\n".join([*head, "", self.text, *([f"\nAlso: {', '.join(also)}"] if also else [])])
