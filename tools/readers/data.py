"""Reads JSON, CSV and images as data, with a short text about them."""

import csv
import io
import json
import re
from typing import Any

from PIL import Image

from agent_core.errors import ToolError
from agent_core.json_depth import is_deeper
from tools.readers.markdown import to_table
from tools.web.page import Document, Table

MOST_CHARACTERS = 2_000_000  # of a document's text; indenting can make it very long
DEEPEST = 100  # levels of JSON that is passed on as data
MOST_CELLS = 500_000
HEAD_ROWS, HEAD_COLUMNS, HEAD_CELL, HEAD_CHARACTERS = 20, 20, 100, 4_000
DELIMITERS = ",;\t|"
IMAGE_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "ICO", "AVIF")
NUMBER = re.compile(r"\s*[-+(]?[\d.,\s]*\d[\d.,]*\)?\s*%?\s*")


def read_json(text: str) -> Document:
    """Return the value as data and as indented text; only the text as it is if it cannot be read as JSON."""
    try:
        value = json.loads(text)
        if is_deeper(value, DEEPEST):
            return Document("", "application/json", text)
        indented = _limited(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value))
    except (ValueError, RecursionError):
        return Document("", "application/json", text)
    return Document("", "application/json", indented, data=value)


def read_csv(text: str, *, is_cut: bool = False) -> Document:
    """Return the table as data, and its first rows as text. With `is_cut`, the last row is not complete."""
    start = text[:10_000].partition("\n")[0]
    delimiter = max(DELIMITERS, key=start.count)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            cells += len(row)
            if cells > MOST_CELLS:
                is_cut = True
                break
            if row:
                rows.append(row)
        else:
            rows = rows[:-1] if is_cut else rows
    except csv.Error:  # a field of more than 131,072 characters, a stray quote
        return Document("", "text/csv", text)
    table = _with_header(rows)
    size = f"{len(table.rows):,} rows and {len(table.columns or (table.rows or [[]])[0])} columns"
    cut = " Only its beginning was read: it is too large." if is_cut else ""
    text = f"A table of {size}; all of them are in .tables[0].{cut}\n\n{_head(table)}"
    return Document("", "text/csv", text, tables=[table], searched=to_table(table.columns, table.rows))


def read_image(body: bytes) -> Document:
    """Return the bytes as data, and the image's format and size as text. Raises ToolError if it is broken or unsafe."""
    try:
        with Image.open(io.BytesIO(body), formats=IMAGE_FORMATS) as image:  # reads only the header
            width, height = image.size
            kind, media_type = image.format or "", image.get_format_mimetype() or "image"
    except Image.DecompressionBombError:
        raise ToolError("This image has so many pixels that it cannot be opened safely; try another one.") from None
    except Exception as error:  # broken files fail in many ways
        raise ToolError("This image is broken; try another one.") from error
    size = f"{len(body) / 1000:,.0f} kB" if len(body) >= 1000 else f"{len(body)} bytes"
    return Document("", media_type, f"An image: {kind}, {width:,} × {height:,} pixels, {size}", data=body)


def _limited(pieces: Any) -> str:
    length = 0
    taken = []
    for piece in pieces:
        taken.append(piece)
        length += len(piece)
        if length > MOST_CHARACTERS:
            taken.append("\n… (the rest is in .data)")
            break
    return "".join(taken)


def _with_header(rows: list[list[str]]) -> Table:
    """Return a table of the rows, all of one length. The first row names the columns if it looks like names."""
    width = max(map(len, rows), default=0)
    even = [row + [""] * (width - len(row)) for row in rows]
    first = even[0] if even else []
    is_header = (
        len(even) > 1 and len(set(first)) == len(first) and not any(NUMBER.fullmatch(name[:40]) for name in first)
    )
    return Table("", first if is_header else [], even[1:] if is_header else even)


def _head(table: Table) -> str:
    """Return the first rows as Markdown, with only the first columns if they are many."""

    def cut(row: list[str]) -> list[str]:
        return [" ".join(cell[:HEAD_CELL].split()) for cell in row[:HEAD_COLUMNS]]

    rows = list(map(cut, table.rows[:HEAD_ROWS]))
    while len(rows) > 1 and sum(len(cell) for row in rows for cell in row) > HEAD_CHARACTERS:
        rows.pop()
    return to_table(cut(table.columns), rows)
