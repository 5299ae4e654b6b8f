"""How libraries print: as wide as a model can read, and bounded, with the shape of what is cut.

The defaults of libraries are for an 80-column terminal and hide most columns of a table. What the code sets itself,
such as with `pandas.set_option`, counts: it is never set again.
"""

import io
import os
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from typing import Any

LONGEST_TABLE = 6_000  # characters of a printed table; a longer one is printed with fewer rows
_WIDTH = 200  # characters of a line of a table or an array
_ROWS = 60  # of a table that is printed whole
_ROWS_OF_LONGER = 20  # its head and tail together
_FEWER_ROWS = (20, 10, 6, 4)  # what is tried, one after the other, until the table is short enough
_COLUMNS = 50
_CELL = 100  # characters
_HIDDEN_COLUMNS = re.compile(r"columns \(\d+ shown\)")  # as DuckDB says it
_WIDEST = 5_000  # characters of a line, for libraries that hide columns or break cells to be less wide

_ENVIRONMENT = {
    "COLUMNS": "120",  # for what fills a terminal's width, such as rich
    "NO_COLOR": "1",
    "POLARS_FMT_MAX_COLS": str(_COLUMNS),
    "POLARS_FMT_MAX_ROWS": str(_ROWS_OF_LONGER),
    "POLARS_FMT_STR_LEN": str(_CELL),
    "POLARS_FMT_TABLE_FORMATTING": "ASCII_MARKDOWN",
    "POLARS_TABLE_WIDTH": str(_WIDEST),  # a narrower table breaks its cells into lines
}


def set_environment() -> None:
    """Set the variables that libraries read."""
    os.environ.update(_ENVIRONMENT)


def _numpy(numpy: Any) -> None:
    # legacy: so that a list of results reads [1.5], not [np.float64(1.5)].
    numpy.set_printoptions(legacy="1.25", linewidth=_WIDTH)

    def array_repr(array: Any) -> str:
        with numpy.printoptions(override_repr=None):
            text = numpy.array_repr(array)
        is_cut = array.size > numpy.get_printoptions()["threshold"]
        return f"{text.removesuffix(')')}, shape={array.shape})" if is_cut else text

    numpy.set_printoptions(override_repr=array_repr)


def _pandas(pandas: Any) -> None:
    options = {
        "width": _WIDTH,
        "max_columns": _COLUMNS,
        "max_colwidth": _CELL,
        "max_rows": _ROWS,
        "min_rows": _ROWS_OF_LONGER,
    }
    for name, value in options.items():
        pandas.set_option(f"display.{name}", value)

    # It advises an engine that is not here.
    warnings.filterwarnings("ignore", "The xlrd engine is deprecated")

    def fewer(rows: int) -> AbstractContextManager[Any] | None:
        if pandas.get_option("display.max_rows") != _ROWS:
            return None
        return pandas.option_context("display.max_rows", rows, "display.min_rows", rows)

    pandas.DataFrame.__repr__ = _short_enough(pandas.DataFrame.__repr__, fewer)


def _polars(polars: Any) -> None:
    def fewer(rows: int) -> AbstractContextManager[Any] | None:
        if os.environ.get("POLARS_FMT_MAX_ROWS") != str(_ROWS_OF_LONGER):
            return None
        return polars.Config(tbl_rows=rows)

    polars.DataFrame.__str__ = _short_enough(polars.DataFrame.__str__, fewer)


def _altair(altair: Any) -> None:
    altair.data_transformers.disable_max_rows()  # else more than 5,000 rows are an error


def _duckdb(duckdb: Any) -> None:
    relation = duckdb.DuckDBPyRelation
    show, text_of, bundle_of = relation.show, relation.__repr__, relation._repr_mimebundle_

    def widened(self: Any, text: str) -> str:
        """Return the text of a relation, which is calculated again if columns are hidden."""
        for rows in _FEWER_ROWS if _HIDDEN_COLUMNS.search(text) else ():
            with redirect_stdout(io.StringIO()) as printed:
                show(self, max_width=_WIDEST, max_rows=rows)
            text = printed.getvalue()
            if len(text) <= LONGEST_TABLE:
                break
        return text

    def wide_bundle_of(self: Any, *arguments: Any, **options: Any) -> dict[str, str]:
        data = bundle_of(self, *arguments, **options)
        return {**data, "text/plain": widened(self, data["text/plain"])}

    relation.__repr__ = relation.__str__ = lambda self: widened(self, text_of(self))
    relation._repr_mimebundle_ = wide_bundle_of
    relation.show = lambda self, **options: show(self, **{"max_width": _WIDEST, **options})


def _rich(rich: Any) -> None:
    rich.reconfigure(force_terminal=True)  # otherwise progress bars are shown when they have ended


def _short_enough(
    text_of: Callable[[Any], str], fewer: Callable[[int], AbstractContextManager[Any] | None]
) -> Callable[[Any], str]:
    """Return a function that makes a table's text, with fewer rows if it would be longer than LONGEST_TABLE.

    Args:
        text_of: Makes the text.
        fewer: Returns a context in which so many rows are printed; None if the code has set how many.
    """

    def short_text_of(table: Any) -> str:
        text = text_of(table)
        for rows in _FEWER_ROWS:
            if len(text) <= LONGEST_TABLE or (context := fewer(rows)) is None:
                break
            with context:
                text = text_of(table)
        return text

    return short_text_of


SETTINGS: dict[str, Callable[[Any], None]] = {
    "altair": _altair,
    "duckdb": _duckdb,
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "rich": _rich,
}
"""How each library is set up, by the name of its module."""
