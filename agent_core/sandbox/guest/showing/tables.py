"""Tables of pandas and polars: as HTML, of a size that a page can show, and as CSV, to be downloaded."""

import csv
import io
import re
import sys
from contextlib import suppress
from html import escape
from typing import Any

from ..message_limits import LONGEST_CSV

_SHOWN_ROWS = 100
_SHOWN_COLUMNS = 50
_LONGEST_CELL = 500  # characters of a cell of polars; pandas cuts its own
_CELLS_AT_ONCE = 20_000  # that pandas turns into text before it writes any
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_ID = re.compile(r'\bid="(\w+)"')


def table_of(value: Any) -> dict[str, str]:
    """Return a value's table as a part of its MIME bundle; {} if it is none.

    The HTML has the first rows and columns. The CSV has all columns, and as many rows as fit into LONGEST_CSV.
    """
    return _of_pandas(value) or _of_polars(value)


def _of_pandas(value: Any) -> dict[str, str]:
    pandas, styles = sys.modules.get("pandas"), sys.modules.get("pandas.io.formats.style")
    if styles and isinstance(value, styles.Styler):
        html = _with_styles_inside(value.to_html(max_rows=_SHOWN_ROWS, max_columns=_SHOWN_COLUMNS))
        return {"text/plain": repr(value.data), **_table(html, len(value.data), _pandas_csv(value.data))}
    if pandas and isinstance(value, pandas.Series):
        value = value.to_frame()
    if not pandas or not isinstance(value, pandas.DataFrame):
        return {}
    frame = value.head(_SHOWN_ROWS)
    if frame.columns.name is None and frame.index.nlevels == frame.columns.nlevels == 1:
        frame = frame.rename_axis(index=None, columns=frame.index.name)  # otherwise it takes a row of its own
    return _table(frame.to_html(border=0, max_cols=_SHOWN_COLUMNS), len(value), _pandas_csv(value))


def _of_polars(value: Any) -> dict[str, str]:
    """Return a table as pandas would draw it: polars' own HTML has a style sheet, quotes, and ten rows."""
    polars = sys.modules.get("polars")
    if polars and isinstance(value, polars.Series):
        value = value.to_frame()
    if not polars or not isinstance(value, polars.DataFrame):
        return {}
    shown = value[:_SHOWN_ROWS, :_SHOWN_COLUMNS]
    names = "".join(f"<th>{escape(name)}</th>" for name in shown.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in shown.iter_rows())
    html = f"<table>\n<thead>\n<tr>{names}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>"
    return _table(html, value.height, _polars_csv(value), value.width - shown.width)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        text = str(round(value, 6)) if 1e-3 <= abs(value) < 1e15 else f"{value:g}"
    else:
        text = "null" if value is None else str(value)
    return f"<td>{escape(text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + '…')}</td>"


def _table(html: str, rows: int, downloaded: "_CsvRows | None", hidden_columns: int = 0) -> dict[str, str]:
    """Return the parts of the bundle, with a sentence on what is not shown, or not in the CSV either."""
    downloaded = downloaded if downloaded and downloaded.rows > 0 else None
    notes = [f"First {_SHOWN_ROWS:,} of {rows:,} rows shown."] if rows > _SHOWN_ROWS else []
    notes += [f"{hidden_columns:,} more columns not shown."] if hidden_columns else []
    if downloaded and downloaded.is_full:
        notes.append(f"The download has the first {downloaded.rows:,} rows.")
    bundle = {"text/html": f"{html}\n<p>{' '.join(notes)}</p>" if notes else html}
    return bundle | ({"text/csv": downloaded.getvalue()} if downloaded else {})


class _Full(Exception):
    """The next row of a CSV would not fit."""


class _CsvRows(io.StringIO):
    """Takes rows of CSV, one with each write, as long as they fit.

    Attributes:
        rows: How many rows there are, headers not counted.
        is_full: Whether a row did not fit.
    """

    def __init__(self, headers: int) -> None:
        super().__init__()
        self.rows = -headers
        self.is_full = False
        self._room = LONGEST_CSV

    def write(self, text: str) -> int:
        self._room -= len(text)
        if self._room < 0:
            self.is_full = True
            raise _Full
        self.rows += 1
        return super().write(text)


def _pandas_csv(frame: Any) -> _CsvRows | None:
    """Return a frame as CSV, its index only if it says more than the rows' numbers; None if that cannot be done."""
    pandas = sys.modules["pandas"]
    plain = isinstance(frame.index, pandas.RangeIndex) and frame.index.name is None
    levels = frame.columns.nlevels
    named = levels > 1 and not plain and any(name is not None for name in frame.index.names)
    rows = _CsvRows(levels + named)  # below several levels of columns, the names of the index have a row of their own
    at_once = max(1, _CELLS_AT_ONCE // max(1, frame.shape[1]))
    try:
        frame.to_csv(rows, index=not plain, chunksize=at_once)
    except _Full:
        pass
    except Exception:  # of a value that cannot be text
        return None
    return rows


def _polars_csv(frame: Any) -> _CsvRows | None:
    rows = _CsvRows(1)
    writer = csv.writer(rows, lineterminator="\n")
    try:
        with suppress(_Full):
            writer.writerow(frame.columns)
            for row in frame.iter_rows():
                writer.writerow(row)
    except Exception:  # of a value that cannot be text
        return None
    return rows


def _with_styles_inside(html: str) -> str:
    """Move the rules of a Styler's style sheet, which no page takes, into the cells that they are for."""
    sheet, _, table = html.partition("</style>")
    rules: dict[str, str] = {}
    for selectors, style in _RULE.findall(sheet.partition(">")[2]):
        for selector in selectors.split(","):
            name = selector.strip()
            rules[name] = f"{rules.get(name, '')} {' '.join(style.split())}".strip()

    def styled(match: re.Match[str]) -> str:
        style = rules.get(f"#{match[1]}")
        return f'{match[0]} style="{escape(style)}"' if style else match[0]

    return _ID.sub(styled, table)
