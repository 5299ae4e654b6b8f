"""The beginning of a file as a person wants to see it: the first rows of a table, or of a text or a document's text.

Runs in a worker, confined, as the overviews do.
"""

import csv
import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any

from . import file_tables
from .file_overview import overview, reason
from .file_text import read_text
from .preview_types import TEXT

_ROWS = 100
_COLUMNS = 100
_CELL = 500  # characters
_TABLE = 500_000  # characters of all rows
_TEXT = 100_000  # bytes of a text, characters of a document's
_PAGES = 5
_LARGEST_ODS = 5 * 2**20  # bytes; it is read as a whole

Bundle = dict[str, str]
"""What is said of the file as "text/plain", and "text/csv" for a table or TEXT for a text."""


def preview(path: Path) -> Bundle:
    """Return a preview of a file, or what kind of file it is. What cannot be read says so."""
    warnings.simplefilter("ignore")
    if not path.stat().st_size:
        return {"text/plain": "It is empty."}
    try:
        return _READERS.get(path.suffix.lower(), _text)(path)
    except Exception as error:  # parsers raise all kinds
        return {"text/plain": f"It cannot be read ({reason(error)})."}


def _text_table(path: Path) -> Bundle:
    text = read_text(path)
    if text is None:
        return _any(path)
    separator = file_tables.separator_of(text.lines[:20], "\t" if path.suffix.lower() == ".tsv" else ",")
    with path.open(encoding=text.encoding, errors="replace", newline="") as file:
        return _table(csv.reader(file, delimiter=separator), max(text.lines_in_all - 1, 0))


def _excel(path: Path) -> Bundle:
    book = import_module("openpyxl").load_workbook(path, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    rows = sheet.iter_rows(max_row=_ROWS + 2, values_only=True)
    return _sheet(rows, (sheet.max_row or 1) - 1, [sheet.title for sheet in book.worksheets])


def _old_excel(path: Path) -> Bundle:
    book = import_module("xlrd").open_workbook(str(path), on_demand=True)
    sheet = book.sheet_by_index(0)
    rows = (sheet.row_values(row) for row in range(min(sheet.nrows, _ROWS + 2)))
    return _sheet(rows, sheet.nrows - 1, book.sheet_names())


def _open_document(path: Path) -> Bundle:
    if path.stat().st_size > _LARGEST_ODS:
        return _any(path)
    sheets = import_module("pandas").read_excel(path, sheet_name=None, header=None, engine="odf")
    name, first = next(iter(sheets.items()))
    rows = first.astype(object).where(first.notna(), None).head(_ROWS + 2).to_numpy().tolist()
    return _sheet(rows, len(first) - 1, [name, *list(sheets)[1:]])


def _parquet(path: Path) -> Bundle:
    file = import_module("pyarrow.parquet").ParquetFile(path)
    return _arrow(file.schema_arrow.names, file.iter_batches(batch_size=_ROWS + 1), file.metadata.num_rows)


def _feather(path: Path) -> Bundle:
    arrow = import_module("pyarrow")
    with arrow.memory_map(str(path)) as source:
        file = arrow.ipc.open_file(source)
        batches = [file.get_batch(number) for number in range(file.num_record_batches)]
        return _arrow(file.schema.names, batches, sum(batch.num_rows for batch in batches))


def _arrow(names: Sequence[str], batches: Iterable[Any], count: int) -> Bundle:
    rows = (row.values() for batch in batches for row in batch.slice(0, _ROWS + 1).to_pylist())
    return _table(chain([names], rows), count)


def _sheet(rows: Iterable[Iterable[Any]], count: int, sheets: Sequence[str]) -> Bundle:
    bundle = _table(rows, count)
    if len(sheets) > 1:
        others = ", ".join(f"“{name}”" for name in sheets[1:10])
        bundle["text/plain"] += f" This is the sheet “{sheets[0]}”; there is also {others}."
    return bundle


def _table(rows: Iterable[Iterable[Any]], count: int) -> Bundle:
    """Return a table's first rows.

    Args:
        rows: The names of the columns, and the rows below them.
        count: How many rows there seem to be in all, without the names.
    """
    out, shown, width = io.StringIO(), -1, 0
    write = csv.writer(out, lineterminator="\n").writerow
    for cells in (list(row) for row in rows):
        if shown == _ROWS or out.tell() > _TABLE:
            break
        write([_cell(cell) for cell in cells[:_COLUMNS]])
        shown, width = shown + 1, max(width, len(cells))
    else:
        count = shown  # lines are no rows where a cell has several
    said = [_count(count, "row") + " and " + _count(width, "column") + "."]
    if shown < count:
        said.append(f"The first {_count(shown, 'row')} {'is' if shown == 1 else 'are'} shown.")
    if width > _COLUMNS:
        said.append(f"The first {_COLUMNS} columns are shown.")
    return {"text/plain": " ".join(said), "text/csv": out.getvalue()}


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


def _pdf(path: Path) -> Bundle:
    file = import_module("pypdf").PdfReader(path)
    if file.is_encrypted and not file.decrypt(""):
        return {"text/plain": "It is encrypted: a password is needed."}
    texts = [page.extract_text().strip() for page in islice(file.pages, _PAGES)]
    said, pages = _count(len(file.pages), "page"), len(file.pages)
    if not any(texts):
        return {"text/plain": f"{said}. The first have no text; it may be a scan."}
    if pages > _PAGES:
        said += f"; this is the text of the first {_PAGES}"
    return {"text/plain": f"{said}.", TEXT: "\n\n".join(filter(None, texts))[:_TEXT]}


def _text(path: Path) -> Bundle:
    text = read_text(path)
    if text is None:
        return _any(path)
    with path.open("rb") as file:
        head = file.read(_TEXT)
    said = f"{_count(text.lines_in_all, 'line')}."
    if path.stat().st_size > len(head):
        said += f" The first {_TEXT // 1_000} kB are shown."
    return {"text/plain": said, TEXT: head.decode(text.encoding, "replace").replace("\r\n", "\n")}


def _any(path: Path) -> Bundle:
    """Say in words what is in a file of which nothing can be shown."""
    return {"text/plain": overview(path) or "There is no preview of this kind of file."}


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


_SPOKEN_OF = (
    *(".db", ".sqlite", ".sqlite3", ".duckdb", ".docx", ".pptx", ".zip", ".tar", ".tgz", ".heic", ".heif", ".bmp"),
    *(".tif", ".tiff", ".wav", ".mp3", ".m4a", ".ogg", ".flac", ".mp4", ".mov", ".webm", ".mkv", ".avi"),
)
_READERS: dict[str, Callable[[Path], Bundle]] = {
    **dict.fromkeys((".csv", ".tsv"), _text_table),
    **dict.fromkeys((".xlsx", ".xlsm"), _excel),
    ".xls": _old_excel,
    ".ods": _open_document,
    ".parquet": _parquet,
    **dict.fromkeys((".feather", ".arrow"), _feather),
    ".pdf": _pdf,
    **dict.fromkeys(_SPOKEN_OF, _any),
}
