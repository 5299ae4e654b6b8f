"""Reads tables, links and plain words from Markdown, and writes tables."""

import re
from collections.abc import Sequence

from tools.web.page import Link, Table

_LINK = re.compile(r"(?<!!)\[((?:[^\[\]\\]|\\.){0,500})\]\((https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)[^)]{0,200}\)")
_ANY_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.){1,500})\]\([^\s()]*(?:\([^\s()]*\)[^\s()]*)*\)")
_RULE = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?")


def plain(markdown: str) -> str:
    """Return the words without the marks for emphasis, code and links."""
    return re.sub(r"\*\*|`|\\(?=[|*_`])", "", _ANY_LINK.sub(r"\1", markdown)).strip()


def to_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. If `columns` has no names, the header row is empty."""
    width = len(columns) or max(map(len, rows), default=0)
    lines = [list(columns) or [""] * width, *rows]
    written = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * width, *written[1:]])


def is_rule(line: str) -> bool:
    """Return whether this is the line between a table's columns and its rows."""
    return len(line) < 5_000 and bool(_RULE.fullmatch(line.strip()))


def read_tables(markdown: str) -> list[Table]:
    """Return the pipe tables of a Markdown document."""
    lines = markdown.splitlines()
    tables = []
    for number in range(1, len(lines)):
        if is_rule(lines[number]) and lines[number - 1].lstrip().startswith("|"):
            columns = _cells(lines[number - 1])
            rows = []
            for line in lines[number + 1 :]:
                if not line.lstrip().startswith("|"):
                    break
                rows.append((_cells(line) + [""] * len(columns))[: len(columns)])
            tables.append(Table("", columns, rows))
    return tables


def read_links(markdown: str) -> list[Link]:
    """Return the links of a Markdown document that lead to the web."""
    found = {match[2]: Link(plain(match[1]), match[2]) for match in _LINK.finditer(markdown)}
    return list(found.values())


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]
