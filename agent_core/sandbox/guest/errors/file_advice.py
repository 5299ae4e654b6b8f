"""One line of advice on the commonest mistakes with files: encodings, separators, formats, sheets, folders."""

import errno
import json
import re
import sys
from pathlib import Path
from typing import Any

from ..notebook.cell import path_here
from ..showing.variables import is_one_of, known_types, names
from .error_location import ErrorLocation, message_of
from .text_look import LOOKED_AT, TextLook

_LONGEST_PATH = 255
_LONGEST_SQL = 10_000
_MOST_NAMES = 20
_WRONG_READER = re.compile(
    r"Excel file format cannot be determined|not a zip file|does not support .*file format|magic bytes not found"
    r"|cannot identify image file|Package not found at|file is not a database|Stream has ended unexpectedly"
)


def advise_on_files(error: BaseException, location: ErrorLocation | None) -> str:
    """Return one line of advice; "" for none."""
    message = message_of(error)
    if isinstance(error, UnicodeDecodeError):
        return _for_encoding(error, location)
    if is_one_of(error, known_types("pandas.errors", "ParserError")):
        return _for_separator(location)
    if found := re.match(r"Cannot save file into a non-existent directory: '(.*)'", message):
        return _for_missing_folder(found[1])
    if isinstance(error, FileNotFoundError) and re.match(r"(File )?\s*[<{[]", str(error.filename or message)):
        return "To read a text rather than a file, pass io.StringIO(text)."
    if isinstance(error, OSError) and (found := _for_path(error)):
        return found
    if message == "No engine for filetype: 'xls'":
        return "Write .xlsx instead: no library here writes .xls."
    if message == "cannot write mode RGBA as JPEG":
        return "JPEG has no transparency: image.convert('RGB') first, or save it as .png."
    if "CSV Error" in message and "not utf-8" in message:
        return _for_encoding_in_sql(location)
    if message.startswith("invalid utf-8 sequence"):  # as polars says it
        return _for_encoding(None, location)
    if _WRONG_READER.search(message):
        return _for_wrong_reader(location)
    if re.match(r"Worksheet (named )?.* (not found|does not exist)", message):
        return _for_sheet(location)
    return _for_json(error, message)


def _for_encoding(error: UnicodeDecodeError | None, location: ErrorLocation | None) -> str:
    look = TextLook.at(_file_in(location) or bytes(error.object[:LOOKED_AT] if error else b""))
    if look.format:
        return f"The file is {look.format}."
    if not look.encoding or look.encoding == "utf-8":
        return "Try another encoding, such as encoding='cp1252', 'cp1251', 'shift_jis' or 'gb18030'."
    columns = f" For pd.read_csv, {look.reading}, too." if look.reading else ""
    return f"The bytes look like {look.encoding}: pass encoding={look.encoding!r}.{columns}"


def _for_encoding_in_sql(location: ErrorLocation | None) -> str:
    look = TextLook.at(_file_in(location))
    if look.encoding in ("", "utf-8"):
        return ""
    how = ", ".join(filter(None, [f"encoding={look.encoding!r}", look.reading]))
    return f"The bytes look like {look.encoding}: read the file by pd.read_csv(…, {how}), and query the frame."


def _for_separator(location: ErrorLocation | None) -> str:
    data = _file_in(location)
    look = TextLook.at(data)
    if look.format:
        return f"The file is {look.format}."
    if look.reading:
        return f"The columns look separated by {look.separator!r}: pass {look.reading}."
    first = data[:200].decode("utf-8", "replace").splitlines()[:2]
    begins = f" It begins with {' / '.join(first)!r}." if first else ""
    return f"Rows differ in length: skip lines above the table by skiprows=, bad ones by on_bad_lines='skip'.{begins}"


def _for_wrong_reader(location: ErrorLocation | None) -> str:
    if not (data := _file_in(location)):
        return ""
    look = TextLook.at(data)
    if look.format:
        return f"The file is {look.format}."
    if b"\0" in data and look.encoding != "utf-16":
        return ""
    reader = f"pd.read_csv(…{look.reading and f', {look.reading}'})" if look.separator else "open(…).read()"
    return f"The file is text: read it by {reader}."


def _for_sheet(location: ErrorLocation | None) -> str:
    book: Any = location.owner() if location else None
    if is_one_of(book, known_types("openpyxl", "Workbook")):
        return f"The workbook has the sheets: {names(book.sheetnames, _MOST_NAMES)}."
    path = _path_in(location)
    openpyxl = sys.modules.get("openpyxl")
    if path is None or openpyxl is None:
        return ""
    book = openpyxl.load_workbook(path, read_only=True)
    return f"The workbook has the sheets: {names(book.sheetnames, _MOST_NAMES)}."


def _for_json(error: BaseException, message: str) -> str:
    if isinstance(error, json.JSONDecodeError):
        if error.msg == "Extra data" and error.colno == 1:
            return (
                "There is a document of JSON in each line: json.loads(line) for each, or pd.read_json(…, lines=True)."
            )
        return f"The text begins with {str(error.doc)[:100]!r}."
    return "There is a document of JSON in each line: pass lines=True." if message.startswith("Trailing data") else ""


def _for_missing_folder(folder: str) -> str:
    if Path(folder).is_absolute():
        return "Write to the working folder: use the name of the file alone."
    return f"Make the folder first: os.makedirs({folder!r}, exist_ok=True)."


def _for_path(error: OSError) -> str:
    """Say where files lie, to code that looks for one elsewhere."""
    asked = error.filename
    if type(asked) is not str or not Path(asked).is_absolute() or Path.cwd() in Path(asked).parents:
        return ""
    here = path_here(asked)
    name = here if here != asked else Path(asked).name
    if isinstance(error, FileNotFoundError):
        return f"It is in the working folder: use {name!r}." if Path(name).exists() else ""
    if error.errno != errno.EACCES:
        return ""
    return f"Only files of the working folder can be used{f': such as {name!r}' if name else ''}."


def _file_in(location: ErrorLocation | None) -> bytes:
    """Return the beginning of the file that the failing expression names; b"" for none."""
    path = _path_in(location)
    if path is None:
        return b""
    with path.open("rb") as file:
        return file.read(LOOKED_AT)


def _path_in(location: ErrorLocation | None) -> Path | None:
    """Return the path of the file that the failing expression names; None for none."""
    texts = location.texts_within() if location else []
    in_sql = [name for text in texts[:_MOST_NAMES] for name in re.findall(r"'([^'\n]+)'", text[:_LONGEST_SQL])]
    paths = (Path(path_here(text)[:_LONGEST_PATH]) for text in (*texts, *in_sql))
    return next((path for path in paths if path.is_file()), None)
