"""Tables and columns of pandas and polars, arrays of numpy, and tensors of torch.

A column is written as one array, or as one text with the lengths of its parts, so that a long table has few parts. None
of the libraries is imported before there is something to read.
"""

import re
import sys
from array import array
from itertools import accumulate, pairwise
from operator import mul
from typing import Any

from .forms import Form

_DTYPE = re.compile(
    r"[<>|=](?:b1|[iu][1248]|f[248]|c8|c16|[SU][1-9]\d{0,8}|[mM]8(?:\[(?:\d{1,6})?(?:[YMWDhms]|[munpfa]s)\])?)"
)
_MOST_DIMENSIONS = 32
_MOST_ROWS = 100_000_000  # of a table without columns, whose rows take no room
_HIGHEST_CHARACTER = 0x10FFFF
_ZONE = re.compile(r"UTC(?:[+-]\d\d:\d\d)?|[A-Za-z]\w*(?:/[\w+-]+){0,2}")
_FREQUENCY = re.compile(r"\d{0,6}[A-Za-z]{1,3}(?:-[A-Z]{3})?")
MADE_OF_PARTS = ("category", "zoned", "masked", "period", "interval")
"""Kinds of columns that a library puts together from other columns."""
_MASKED = {*(f"{u}Int{bits}" for u in ("", "U") for bits in (8, 16, 32, 64)), "Float32", "Float64", "boolean"}


def form_of(value: Any) -> Any:
    """Return what a value of these libraries is written as; None for other values."""
    for name, form in (("numpy", _of_numpy), ("pandas", _of_pandas), ("polars", _of_polars), ("torch", _of_torch)):
        library = sys.modules.get(name)
        if library and (found := form(library, value)) is not None:
            return found
    return None


def is_no_time(value: Any) -> bool:
    """Return whether a value is numpy's NaT, which stands for a missing date, time or duration."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.datetime64, numpy.timedelta64)) and bool(numpy.isnat(value))


def _of_numpy(numpy: Any, value: Any) -> Any:
    if isinstance(value, numpy.generic):
        return _plain_number(numpy, value)
    if not isinstance(value, numpy.ndarray):
        return None
    if value.dtype.kind in "OV" or isinstance(value, numpy.ma.MaskedArray):  # objects or records
        return value.tolist()
    if not _DTYPE.fullmatch(value.dtype.str):  # texts without any characters, or numbers of more than 64 bits
        value = value.astype("<U1" if value.dtype.kind in "SU" else "c16" if value.dtype.kind == "c" else "f8")
    return Form("array", [value.dtype.str, list(value.shape), value.tobytes()])


def _plain_number(numpy: Any, value: Any) -> Any:
    if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        return value.astype(f"{value.dtype.str[:3]}[us]").item()
    item = value.item()
    return item if not isinstance(item, numpy.generic) else complex(item) if item.dtype.kind == "c" else float(item)


def _of_torch(torch: Any, value: Any) -> Any:
    return value.detach().cpu().numpy() if isinstance(value, getattr(torch, "Tensor", ())) else None


def _of_pandas(pandas: Any, value: Any) -> Any:
    if isinstance(value, pandas.DataFrame):
        columns = [_column(pandas, value.iloc[:, number]) for number in range(value.shape[1])]
        return Form("table", ["pandas", len(value), _axis(pandas, value.columns), columns, _axis(pandas, value.index)])
    if isinstance(value, pandas.Series):
        return Form("series", ["pandas", value.name, _column(pandas, value), _axis(pandas, value.index)])
    return value.tolist() if isinstance(value, (pandas.Index, pandas.api.extensions.ExtensionArray)) else None


def _axis(pandas: Any, index: Any) -> Any:
    """Return the names and the columns of an index; None if its rows are only numbered."""
    if isinstance(index, pandas.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None:
        return None
    levels = [index.get_level_values(number) for number in range(index.nlevels)]
    return [list(index.names), [_column(pandas, pandas.Series(level)) for level in levels]]


def _column(pandas: Any, series: Any) -> Any:
    dtype, name = series.dtype, str(series.dtype)
    if getattr(dtype, "kind", "O") in "biufcmM" and type(dtype).__module__.startswith("numpy"):
        return series.to_numpy()
    if isinstance(dtype, pandas.CategoricalDtype):
        categories = _column(pandas, pandas.Series(series.cat.categories))
        return Form("category", [series.cat.codes.to_numpy(), categories, bool(series.cat.ordered)])
    if isinstance(dtype, pandas.DatetimeTZDtype) and _ZONE.fullmatch(str(dtype.tz)):
        return Form("zoned", [series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), str(dtype.tz)])
    if isinstance(dtype, pandas.PeriodDtype) and _FREQUENCY.fullmatch(frequency := name[len("period[") : -1]):
        return Form("period", [frequency, series.array.asi8])
    if isinstance(dtype, pandas.IntervalDtype):
        left, right = (_column(pandas, pandas.Series(ends)) for ends in (series.array.left, series.array.right))
        return Form("interval", [left, right, dtype.closed])
    if name in _MASKED:
        missing = series.isna().to_numpy()
        return Form("masked", [name, series.to_numpy(dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0)), missing])
    return _texts_or_list(series.tolist(), name if name in ("str", "string") else "object")


def _of_polars(polars: Any, value: Any) -> Any:
    if isinstance(value, polars.DataFrame):
        columns = [_polars_column(polars, column) for column in value.get_columns()]
        return Form("table", ["polars", value.height, [[None], [value.columns]], columns, None])
    if isinstance(value, polars.Series):
        return Form("series", ["polars", value.name, _polars_column(polars, value), None])
    return None


def _polars_column(polars: Any, series: Any) -> Any:
    dtype = series.dtype
    if dtype == polars.Boolean or (dtype.is_numeric() and not dtype.is_decimal()):
        if not series.null_count():
            return series.to_numpy()
        return Form("masked", ["", series.fill_null(strategy="zero").to_numpy(), series.is_null().to_numpy()])
    if dtype in (polars.Date, polars.Duration) or (dtype == polars.Datetime and dtype.time_zone is None):
        return series.to_numpy()
    return _texts_or_list(series.to_list(), "str")


def _texts_or_list(values: list[Any], name: str) -> Any:
    """Return texts as one, with the length of each, -1 for none; a column of anything else as a list."""
    if not all(isinstance(value, str) or _is_missing(value, name) for value in values):
        return values
    lengths = array("i", (len(value) if isinstance(value, str) else -1 for value in values))
    if sys.byteorder == "big":
        lengths.byteswap()
    return Form("texts", [name, lengths.tobytes(), "".join(value for value in values if isinstance(value, str))])


def _is_missing(value: Any, name: str) -> bool:
    """Return whether a value of a column of texts stands for none; in one of objects, only None is the same again."""
    return value is None or (name != "object" and (type(value).__name__ == "NAType" or type(value) is float))


def items_of(value: Any) -> int | None:
    """Return how many items a table, a column or an array has as lists, with the lists; None for other values."""
    numpy, pandas, polars = (sys.modules.get(name) for name in ("numpy", "pandas", "polars"))
    if any(library and isinstance(value, library.DataFrame) for library in (pandas, polars)):
        return value.shape[0] * (1 + value.shape[1])
    if numpy and isinstance(value, numpy.ndarray):
        return sum(accumulate(value.shape, mul))
    return len(value) if any(library and isinstance(value, library.Series) for library in (pandas, polars)) else None


def as_lists(value: Any) -> Any:
    """Return what has `items_of` as lists; of a table, a list with a dict for each row."""
    if hasattr(value, "to_dicts"):  # of polars
        return value.to_dicts()
    if hasattr(value, "columns"):
        return value.to_dict("records")
    return value.to_list() if hasattr(value, "to_list") else value.tolist()


# Reading. Whatever is wrong raises an exception; which one does not matter.


def read_array(kind: str, shape: list[int], data: bytes) -> Any:
    """Return an array of numpy. What it claims to be has to fit its data."""
    import numpy

    if not _DTYPE.fullmatch(kind) or len(shape) > _MOST_DIMENSIONS or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("an array is of a kind that is not passed on")
    read = numpy.frombuffer(data, dtype=kind).reshape(shape).copy()
    if kind[1] == "b" and (read.view("u1") > 1).any():
        raise ValueError("an array has truth values that are neither")
    if kind[1] == "U" and read.size and (read.view(f"{kind[0]}u4") > _HIGHEST_CHARACTER).any():
        raise ValueError("an array has characters that there are not")
    return read


def read_texts(name: str, lengths: bytes, joined: str) -> "Texts":
    """Return the texts that `_texts_or_list` joined."""
    counts = array("i")
    counts.frombytes(lengths)
    if sys.byteorder == "big":
        counts.byteswap()
    if min(counts, default=0) < -1 or sum(max(count, 0) for count in counts) != len(joined):
        raise ValueError("the texts of a column do not have their lengths")
    ends = accumulate((max(count, 0) for count in counts), initial=0)
    parts = [joined[first:last] for first, last in pairwise(ends)]
    return Texts(name, [part if count >= 0 else None for part, count in zip(parts, counts, strict=True)])


class Texts(list[Any]):
    """A column of texts.

    Args:
        name: The dtype that it has in pandas.
        items: The texts, None for none.
    """

    def __init__(self, name: str, items: list[str | None]) -> None:
        super().__init__(items)
        self.name = name


def read_table(library: str, rows: int, labels: Any, columns: list[Any], index: Any) -> Any:
    """Return a table of pandas or polars.

    Args:
        library: Which of them.
        rows: The number of rows.
        labels: The names and the columns of the index of columns, decoded; None if they are only numbered.
        columns: The columns, decoded, or as forms.
        index: The same of the rows.
    """
    if library == "polars":
        import polars

        if index is not None or (not columns and rows):
            raise ValueError("a table has rows without columns")
        return polars.DataFrame(
            [_polars_series(name, column) for name, column in zip(labels[1][0], columns, strict=True)]
        )
    import pandas

    if not columns and rows > _MOST_ROWS:
        raise ValueError("a table claims rows that it does not have")
    series = [_pandas_series(column) for column in columns]
    if any(len(one) != rows for one in series):
        raise ValueError("the columns of a table are not as long as it claims")
    table = pandas.DataFrame(dict(enumerate(series)), index=range(rows))
    table.columns = _pandas_axis(labels, len(columns))
    table.index = _pandas_axis(index, rows)
    return table


def read_series(library: str, name: Any, column: Any, index: Any) -> Any:
    """Return a column of pandas or polars by itself; see `read_table`."""
    if library == "polars":
        return _polars_series(name, column)
    series = _pandas_series(column)
    series.index, series.name = _pandas_axis(index, len(series)), name
    return series


def _pandas_axis(axis: Any, length: int) -> Any:
    import pandas

    if axis is None:
        return pandas.RangeIndex(length)
    names, levels = axis
    if len(levels) == 1:
        return pandas.Index(_pandas_series(levels[0]), name=names[0])
    return pandas.MultiIndex.from_arrays([_pandas_series(level) for level in levels], names=names)


def _pandas_series(column: Any) -> Any:
    import pandas

    if not isinstance(column, Form):
        if isinstance(column, Texts):
            known = column.name == "string" or (column.name == "str" and int(pandas.__version__.split(".")[0]) > 2)
            return pandas.Series(list(column), dtype=column.name if known else object)
        return pandas.Series(column, dtype=object if isinstance(column, list) else None)
    match column.kind, column.content:
        case "category", [codes, categories, ordered]:
            made = pandas.Categorical.from_codes(codes, pandas.Index(_pandas_series(categories)), ordered=ordered)
            return pandas.Series(made)
        case "zoned", [times, zone] if _ZONE.fullmatch(zone):
            return pandas.Series(times).dt.tz_localize("UTC").dt.tz_convert(zone)
        case "period", [frequency, ordinals] if _FREQUENCY.fullmatch(frequency):
            periods = pandas.arrays.PeriodArray(ordinals, dtype=pandas.PeriodDtype(frequency))
            return pandas.Series(periods)
        case "interval", [left, right, closed]:
            ends = (_pandas_series(left), _pandas_series(right))
            return pandas.Series(pandas.arrays.IntervalArray.from_arrays(*ends, closed=closed))
        case "masked", [name, values, missing] if name in _MASKED:
            return pandas.Series(values).astype(name).mask(missing)
    raise ValueError("a column is of a kind that is not passed on")


def _polars_series(name: str, column: Any) -> Any:
    import polars

    match column:
        case Texts():
            return polars.Series(name, list(column), dtype=polars.String)
        case Form(kind="masked", content=[_, values, missing]):
            whole = polars.Series(name, values)
            return whole.zip_with(~polars.Series(missing), polars.Series([None], dtype=whole.dtype))
        case Form():
            raise ValueError("a column is of a kind that is not passed on")
    return polars.Series(name, column)
