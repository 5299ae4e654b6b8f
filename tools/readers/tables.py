"""Reads tables of HTML pages, and tells those with data from those that only lay out the page."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bs4 import Tag

from tools.readers.markdown import plain, to_table
from tools.web.page import Table

MOST_CHARACTERS = 4_000_000  # in all tables of a page; spans can repeat a cell any number of times
CELL_COST = 10  # characters that even an empty cell counts as
MOST_COLUMNS = 200
MOST_ROWS = 100_000  # rows that a cell can span
LONG_CELL = 300  # characters; if cells are longer on average, the table lays out the page
BLOCKS = ("table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "form", "article", "section")

CellWriter = Callable[[Tag], str]
"""Returns the Markdown of a cell, on one line."""


@dataclass(frozen=True)
class Cell:
    text: str
    is_head: bool


class TableReader:
    """Reads the tables of one page, with at most MOST_CHARACTERS in all cells.

    Args:
        write_cell: Returns the Markdown of a cell.

    Attributes:
        found: The tables that were read.
    """

    def __init__(self, write_cell: CellWriter) -> None:
        self._write_cell = write_cell
        self._left = MOST_CHARACTERS
        self.found: list[Table] = []

    def read(self, table: Tag) -> str:
        """Add the table to `found`, and return it as Markdown."""
        rows = [row for row in table.find_all("tr") if _cells(row)]
        grid = _without_empty(self._expand(rows))
        if not grid:
            return ""
        caption = plain(self._write_cell(table.caption)) if table.caption else ""
        heads = _count_heads(rows, grid)
        columns = _join_heads(grid[:heads])
        body = [[cell.text for cell in row] for row in grid[heads:]]
        self.found.append(Table(caption, [plain(name) for name in columns], [list(map(plain, row)) for row in body]))
        return (f"**{caption}**\n\n" if caption else "") + to_table(columns, body)

    def _expand(self, rows: list[Tag]) -> list[list[Cell]]:
        """Return the cells in rows of the same length. A cell that spans several rows or columns is in each of them."""
        grid: list[list[Cell]] = []
        carried: dict[int, tuple[int, Cell]] = {}  # by column: a cell that spans more rows, and how many
        for row in rows:
            line: dict[int, Cell] = {}
            cells = _cells(row)
            spare = iter(cells)
            column, cell = 0, next(spare, None)
            while column < MOST_COLUMNS and (cell is not None or any(place >= column for place in carried)):
                if column in carried:
                    left, line[column] = carried.pop(column)
                    if left > 1:
                        carried[column] = (left - 1, line[column])
                    column += 1
                elif cell is not None:
                    column = self._place(cell, column, line, carried, is_alone=len(cells) == 1 and not line)
                    cell = next(spare, None)
                else:
                    column += 1
            self._left -= sum(len(cell.text) + CELL_COST for cell in line.values())
            if self._left < 0:
                break
            grid.append([line.get(place, Cell("", False)) for place in range(max(line, default=-1) + 1)])
        width = max(map(len, grid), default=0)
        return [row + [Cell("", False)] * (width - len(row)) for row in grid]

    def _place(
        self, tag: Tag, column: int, line: dict[int, Cell], carried: dict[int, tuple[int, Cell]], *, is_alone: bool
    ) -> int:
        """Put a cell into the line, and into the lines below that it spans. Return the column after it."""
        cell = Cell(self._write_cell(tag), tag.name == "th")
        across, down = _span(tag, "colspan"), _span(tag, "rowspan")
        end = min(column + across, MOST_COLUMNS)
        for place in range(column, end):
            # A cell that is alone in its row is a heading between rows; once is enough.
            line[place] = cell if place == column or not is_alone else Cell("", cell.is_head)
            if down > 1:
                carried[place] = (down - 1, line[place])
        return end


def is_data(table: Tag) -> bool:
    """Return whether a table holds data, and does not only lay out the page."""
    if table.get("role") in ("presentation", "none"):
        return False
    if any(block.find_parent("caption") is None for block in table.find_all(BLOCKS)):
        return False
    rows = [_cells(row) for row in table.find_all("tr")]
    if max(map(len, rows), default=0) < 2:
        return False
    lengths = sorted(len(cell.get_text(" ", strip=True)) for row in rows for cell in row)
    if lengths[-1] > 10 * LONG_CELL or sum(lengths) > LONG_CELL * len(lengths):
        return False
    return bool(table.find(["th", "caption", "thead"])) or (len(rows) > 1 and lengths[-1] <= LONG_CELL)


def _cells(row: Tag) -> list[Tag]:
    return [child for child in row.children if isinstance(child, Tag) and child.name in ("td", "th")]


def _span(tag: Tag, name: str) -> int:
    """Return how many rows or columns a cell spans. A rowspan of 0 means all rows to the end."""
    digits = re.match(r"\s*(\d{1,9})", str(tag.get(name, "1")))
    number = int(digits[1]) if digits else 1
    return min(number, MOST_ROWS) or (MOST_ROWS if name == "rowspan" else 1)


def _without_empty(grid: list[list[Cell]]) -> list[list[Cell]]:
    """Return the grid without empty rows and columns."""
    grid = [row for row in grid if any(cell.text for cell in row)]
    used = [place for place in range(len(grid[0]) if grid else 0) if any(row[place].text for row in grid)]
    return [[row[place] for place in used] for row in grid]


def _count_heads(rows: list[Tag], grid: list[list[Cell]]) -> int:
    """Return how many of the first rows name the columns."""
    in_head = sum(1 for row in rows if row.parent is not None and row.parent.name == "thead")
    if 0 < in_head < len(grid):
        return in_head
    count = 0
    for row in grid[:-1]:
        named = [cell for cell in row if cell.text]
        is_bold = count == 0 and all(re.fullmatch(r"\*\*.+\*\*", cell.text) for cell in named)
        if len({cell.text for cell in named}) < 2 or not (all(cell.is_head for cell in named) or is_bold):
            break
        count += 1
    return count


def _join_heads(heads: list[list[Cell]]) -> list[str]:
    """Return the names of the columns, from one or several rows."""
    columns = zip(*([cell.text for cell in row] for row in heads), strict=True)
    return [" / ".join(dict.fromkeys(filter(None, column))) for column in columns]
