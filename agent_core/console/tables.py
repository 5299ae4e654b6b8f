"""The rows of a table that code displayed."""

import csv
import io
from dataclasses import dataclass
from html.parser import HTMLParser

from agent_core.execution import CSV, Display

_LONGEST_CELL = 60


@dataclass(frozen=True)
class TableRows:
    """The beginning of a table.

    Attributes:
        header: The names of the columns.
        rows: The first rows, each as long as the header.
        more_rows: How many rows there are beyond.
        more_columns: How many columns there are beyond.
    """

    header: list[str]
    rows: list[list[str]]
    more_rows: int = 0
    more_columns: int = 0


def rows_of(display: Display, most_rows: int, most_columns: int) -> TableRows | None:
    """Return the beginning of a display's table; None if it has none that can be read."""
    lines = _lines_of_csv(display.data[CSV]) if CSV in display.data else []
    lines = lines or _lines_of_html(display.data.get("text/html", ""))
    if not lines:
        return None
    width = max(map(len, lines))
    shown = [_cells(line, min(width, most_columns), width) for line in lines[: most_rows + 1]]
    return TableRows(shown[0], shown[1:], len(lines) - len(shown), max(0, width - most_columns))


def _cells(line: list[str], shown: int, width: int) -> list[str]:
    """Return the first cells of a line. A header that lacks some lacks those of the index, which come first."""
    whole = [*[""] * (width - len(line)), *line]
    cells = (" ".join(cell.split()) for cell in whole[:shown])
    return [cell if len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}…" for cell in cells]


def _lines_of_csv(text: str) -> list[list[str]]:
    try:
        return [line for line in csv.reader(io.StringIO(text)) if line]
    except csv.Error:  # such as a cell of more than 128 kB
        return []


def _lines_of_html(html: str) -> list[list[str]]:
    parser = _RowReader()
    parser.feed(html)
    parser.close()
    return [line for line in parser.lines if line]


class _RowReader(HTMLParser):
    """Reads the cells of all rows; what stands outside of cells is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("tr", "td", "th", "table"):
            self._end_cell()
        if tag == "tr":
            self.lines.append([])
        elif tag in ("td", "th") and self.lines:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self.lines[-1].append("".join(self._cell))
            self._cell = None
