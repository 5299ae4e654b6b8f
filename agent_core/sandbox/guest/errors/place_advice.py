"""One line of advice where this place differs from the machine that code was written for."""

import locale
import re

from ..showing.variables import is_one_of, known_types
from .error_location import message_of

_INSTEAD_OF_EXTENSIONS = {
    "excel": ": read the file by pd.read_excel, and query the frame",
    "httpfs": ": download the file by a tool first",
    "spatial": ": read the file by json, and calculate with numpy",
    "sqlite_scanner": ": read the tables by sqlite3 and pd.read_sql, and query the frames",
}


def advise_on_place(error: BaseException) -> str:
    """Return one line of advice; "" for none."""
    message = message_of(error)
    if isinstance(error, locale.Error):
        return "Only the locale 'C.UTF-8' is here: write the names or the format yourself, such as f'{x:,.2f}'."
    if isinstance(error, RuntimeError) and message == "This event loop is already running":
        return "A loop runs already: write await in place of loop.run_until_complete(…)."
    if is_one_of(error, known_types("pandas.errors", "PyperclipException")):
        return "There is no clipboard here: write a file, which the person can download."
    if is_one_of(error, known_types("duckdb", "Error", "IOException", "HTTPException", "CatalogException")):
        return _for_extension(message)
    return ""


def _for_extension(message: str) -> str:
    found = re.search(r"[Ee]xtension [\"'](?:\S*/)?(\w+)", message)
    if not found:
        return ""
    return f"Extensions of DuckDB cannot be installed here{_INSTEAD_OF_EXTENSIONS.get(found[1], '')}."
