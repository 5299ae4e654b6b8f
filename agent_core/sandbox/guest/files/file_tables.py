"""What a person looks at first in a file of tables: its sheets or tables, their sizes, the columns, the first rows."""

import csv
import re
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from ..libraries import after_import
from ..showing.truncation import truncate
from .file_text import read_text

_MOST_COLUMNS = 30  # that are named
_MOST_TABLES = 12
_LONGEST_NAME = 40  # characters
_LONGEST_ROW = 160  # characters
_TYPED_ROWS = 1_000  # from which the types of columns are told
_COUNT_SECONDS = 0.3  # for the rows of one table in a database
_LOOKED_AT = 2**18  # bytes of a sheet in which formulas are looked for
_BARE_FORMULA = re.compile(rb"</f>(?:<v ?/>|<v></v>|</c>)")
_BARE = "its formulas have no values, and read as empty: openpyxl.load_workbook(name) shows the formulas"
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def text_table(path: Path) -> str:
    """Describe a file of values between commas or the like."""
    text = read_text(path)
    if text is None:
        return ""
    separator = separator_of(text.lines[:20], "\t" if path.suffix.lower() == ".tsv" else ",")
    header = next(csv.reader(text.lines, delimiter=separator), [])
    size = _size(max(text.lines_in_all - 1, 0), len(header))
    how = f"{text.encoding}, separated by {_SEPARATORS[separator]}"
    rows = [line.replace("\t", "\\t") for line in text.lines[1:3]]
    return _joined(f"{how}, {size}: {columns(_typed(path, text.encoding, separator) or header)}", rows)


def separator_of(lines: Sequence[str], usual: str) -> str:
    """Return the sign that cuts the most lines into the same number of values."""

    def fitness(separator: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (count / widths.total(), width) if width > 1 else (0.0, 0)

    return max((usual, *_SEPARATORS), key=fitness)  # the usual one if none fits


def _typed(path: Path, encoding: str, separator: str) -> list[str]:
    try:
        import pandas

        table = pandas.read_csv(path, sep=separator, encoding=encoding, nrows=_TYPED_ROWS)
    except Exception:  # its header says enough then
        return []
    return [f"{_name(name)} {kind}" for name, kind in table.dtypes.items()]


def excel(path: Path) -> str:
    """Describe a workbook of Excel since 2007."""
    book = import_module("openpyxl").load_workbook(path, read_only=True, data_only=True)
    sheets = [(sheet.title, _size(sheet.max_row or 0, sheet.max_column or 0)) for sheet in book.worksheets]
    first = book.worksheets[0].iter_rows(max_row=3, values_only=True) if book.worksheets else ()
    text = _sheets(sheets, list(first))
    return f"{_BARE}\n{text}" if _has_bare_formulas(path) else text


def _has_bare_formulas(path: Path) -> bool:
    """Whether formulas have no values, as in workbooks that no spreadsheet program has saved."""
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")][:_MOST_TABLES]
        for name in sheets:
            with book.open(name) as sheet:
                if _BARE_FORMULA.search(sheet.read(_LOOKED_AT)):
                    return True
    return False


def old_excel(path: Path) -> str:
    """Describe a workbook of Excel before 2007."""
    book = import_module("xlrd").open_workbook(str(path), on_demand=True)
    found = [book.sheet_by_index(number) for number in range(min(book.nsheets, _MOST_TABLES))]
    first = [found[0].row_values(row) for row in range(min(3, found[0].nrows))] if found else []
    return _sheets([(sheet.name, _size(sheet.nrows, sheet.ncols)) for sheet in found], first)


def open_document(path: Path) -> str:
    """Describe a spreadsheet in OpenDocument's format."""
    import pandas

    found = pandas.read_excel(path, sheet_name=None, header=None, engine="odf")
    first = next(iter(found.values())).head(3).values.tolist() if found else []
    return _sheets([(name, _size(*table.shape)) for name, table in found.items()], first)


def _sheets(sheets: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> str:
    text = "sheets: " + _list((f"{_name(name)} ({size})" for name, size in sheets), _MOST_TABLES, len(sheets))
    if not rows:
        return text
    header = ["" if cell is None else str(cell) for cell in rows[0]]
    return _joined(f"{text}\nfirst row of {_name(sheets[0][0])}: {columns(header)}", map(_row, rows[1:3]))


def parquet(path: Path) -> str:
    """Describe a file of Parquet."""
    file = import_module("pyarrow.parquet").ParquetFile(path)
    first = next(file.iter_batches(batch_size=2), None)
    return _arrow(file.schema_arrow, file.metadata.num_rows, first)


def feather(path: Path) -> str:
    """Describe a file of Arrow, or Feather as it is called."""
    arrow = import_module("pyarrow")
    with arrow.memory_map(str(path)) as source:
        file = arrow.ipc.open_file(source)
        sizes = [file.get_batch(number).num_rows for number in range(file.num_record_batches)]
        return _arrow(file.schema, sum(sizes), file.get_batch(0) if sizes else None)


def _arrow(schema: Any, rows: int, first: Any) -> str:
    named = [f"{_name(field.name)} {field.type}" for field in schema]
    values = [row.values() for row in first.slice(0, 2).to_pylist()] if first else []
    return _joined(f"{_size(rows, len(named))}: {columns(named)}", map(_row, values))


def database(path: Path) -> str:
    """Describe a database of SQLite or DuckDB."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3"):
        return _sqlite(path)
    return _duckdb(path) if head[8:12] == b"DUCK" else ""


def _sqlite(path: Path) -> str:
    import sqlite3

    base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    names = [name for (name,) in base.execute("select name from sqlite_master where type = 'table' order by rowid")]
    found = []
    for name in names[:_MOST_TABLES]:
        quoted = '"' + name.replace('"', '""') + '"'
        named = [f"{_name(row[1])} {row[2]}".strip() for row in base.execute(f"pragma table_info({quoted})")]
        limit = time.monotonic() + _COUNT_SECONDS
        base.set_progress_handler(lambda limit=limit: time.monotonic() > limit, 10_000)
        try:
            rows = f"{base.execute(f'select count(*) from {quoted}').fetchone()[0]:,} rows"
        except sqlite3.OperationalError:
            rows = "many rows"
        base.set_progress_handler(None, 0)
        found.append(f"{_name(name)} ({rows}): {columns(named)}")
    return "\n".join([f"{len(names)} table{'' if len(names) == 1 else 's'} of SQLite", *found])


def _duckdb(path: Path) -> str:
    duckdb = import_module("duckdb")
    after_import.apply()  # without which it fails here
    base = duckdb.connect(str(path), read_only=True)
    tables = base.execute("select table_name, estimated_size from duckdb_tables() order by 1").fetchall()
    found = []
    for name, rows in tables[:_MOST_TABLES]:
        query = "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index"
        named = [f"{_name(column)} {kind}" for column, kind in base.execute(query, [name]).fetchall()]
        found.append(f"{_name(name)} ({rows:,} rows): {columns(named)}")
    return "\n".join([f"{len(tables)} table{'' if len(tables) == 1 else 's'} of DuckDB", *found])


def columns(named: Sequence[str]) -> str:
    """Return columns in one line, the first ones if they are many."""
    return _list(map(_name, named), _MOST_COLUMNS, len(named))


def _list(items: Iterable[str], most: int, count: int) -> str:
    shown = ", ".join(islice(items, most))
    return f"{shown} and {count - most} more" if count > most else shown


def _name(name: Any) -> str:
    return truncate(" ".join(str(name).split()), _LONGEST_NAME)


def _size(rows: int, width: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'} × {width:,} column{'' if width == 1 else 's'}"


def _row(values: Iterable[Any]) -> str:
    return " | ".join("" if value is None else _name(value) for value in islice(values, _MOST_COLUMNS))


def _joined(text: str, rows: Iterable[str]) -> str:
    return "\n".join([text, *(f"> {truncate(row, _LONGEST_ROW)}" for row in rows)])
