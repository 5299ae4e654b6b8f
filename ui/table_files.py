"""Tables that code showed, as files that spreadsheets open: CSV and Excel."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

import xlsxwriter

# What Excel would compute if it stood in a CSV file, which says of no cell that it is text: what begins with "=", and
# behind another sign a call of a function, a reference to another sheet, or an order to a program. Not "-5", "@name",
# "+49 (0)30 1234" or "- a point of a list".
_FORMULA = re.compile(r"\s*(?:=|[+\-@].*(?:[A-Za-z_.]\d{0,7}\s{0,7}\(|[!|]))", re.DOTALL)
# Exponents have their sign, as pandas writes them: "12E3" is the name of something.
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]\d+)?", re.ASCII)
_CODE = re.compile(r"-?0\d.*|-?\d{16,}", re.ASCII)  # such as "00501", and numbers that Excel would round
_DATE = re.compile(r"(?:19(?!00)|[2-9]\d)\d\d-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)
_DAY, _TIME = {"num_format": "yyyy-mm-dd"}, {"num_format": "yyyy-mm-dd hh:mm:ss"}
_LONGEST_CELL = 32_767  # of Excel, in characters
_MOST_COLUMNS = 16_384  # of Excel
_NARROWEST, _WIDEST = 9, 50  # characters of a column
_MEASURED_ROWS = 100

csv.field_size_limit(2**24)  # as a whole table may be one cell


def csv_file(text: str) -> bytes:
    """Return a table as a CSV file.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it. Only a file that is not ASCII
    begins with a byte order mark: Excel takes it for another encoding without one, and pandas reads it either way.
    """
    file = io.StringIO()
    rows = ([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row] for row in _rows(text))
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    content = file.getvalue()
    return content.encode() if content.isascii() else content.encode("utf-8-sig", "replace")


def excel_file(text: str) -> bytes:
    """Return a table in CSV as an Excel file. Numbers, dates, True and False are what they are, the rest is text."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Table")
        day, time, head = (book.add_format(look) for look in (_DAY, _TIME, {"bold": True}))
        codes = _columns_of_codes(text)
        for column, width in enumerate(_widths(text)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(_rows(text)):
            for column, cell in enumerate(row[:_MOST_COLUMNS]):
                if not cell:
                    continue
                value = _value(cell) if number and column not in codes else cell
                if isinstance(value, str):
                    sheet.write_string(number, column, value[:_LONGEST_CELL], None if number else head)
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, day if len(cell) == 10 else time)
                else:
                    sheet.write(number, column, value)
    return file.getvalue()


TABLE_FILES = {"csv": csv_file, "xlsx": excel_file}
"""What makes a file of a table in CSV, by the endings of the files' names."""


def _rows(text: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""))


def _columns_of_codes(text: str) -> set[int]:
    """Return the columns with a number that is none, such as "00501": all of the column is text then."""
    return {column for row in _rows(text) for column, cell in enumerate(row) if _CODE.fullmatch(cell)}


def _widths(text: str) -> Iterable[int]:
    """Return how wide the columns are, going by their first rows."""
    widths: dict[int, int] = {}
    for row, _ in zip(_rows(text), range(_MEASURED_ROWS), strict=False):
        for column, cell in enumerate(row[:_MOST_COLUMNS]):
            widths[column] = max(widths.get(column, _NARROWEST), min(len(cell) + 2, _WIDEST))
    return widths.values()


def _value(cell: str) -> str | float | bool | datetime:
    if _NUMBER.fullmatch(cell):
        return float(cell)
    if cell in ("True", "False"):
        return cell == "True"
    if _DATE.fullmatch(cell):
        with suppress(ValueError):  # such as 2024-02-30
            return datetime.fromisoformat(cell)
    return cell
