"""What is read from the web: a whole document, and the Page of it that a tool returns."""

from dataclasses import dataclass, field
from typing import Any

PART_CHARACTERS = 6_500  # of a page's text in one result; a model's observation holds 8,000


@dataclass(frozen=True)
class Table:
    """A table as data, spans filled in. columns: empty where the table names none; each row has the same length."""

    caption: str
    columns: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        """Its size and the names of its columns."""
        named = f": {', '.join(self.columns)}"[:200] if any(self.columns) else ""
        return f"Table {self.caption[:100]!r}, {len(self.rows):,} rows{named}"


@dataclass(frozen=True)
class Link:
    """A link of a page, with an absolute address."""

    text: str
    url: str

    def __str__(self) -> str:
        """As Markdown writes it."""
        return f"[{self.text}]({self.url})"


@dataclass(frozen=True)
class Document:
    """A document as it was read, whole. text: Markdown, or the document's own text.

    searched: where to look for words, if that is not the text. data: the value of a JSON document, the bytes of an
    image. wants_login: it asks for a password.
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
    """A part of a web page, and all of its tables and links.

    url: where it was found in the end. text: Markdown, plain text or indented JSON, of this part. page: the part's
    number, from 1; 0 where the text holds the passages that were looked for. pages: how many parts there are. tables,
    links: those of the whole page. data: the value of a JSON document, the bytes of an image, else None.
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

    def __str__(self) -> str:
        """The text, between what it is and what else there is."""
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
