"""One line of advice on the commonest mistakes with tables: dates and numbers as text, merges, old names of styles."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from ..showing.variables import is_one_of, known_types, names
from .error_location import ErrorLocation, message_of

_MOST_NAMES = 12
_DATE = re.compile(r"\s*(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\b")
_DAY_FIRST = re.compile(r"\s*(?:\d{1,2}\.|(?:1[3-9]|2\d|3[01])[/-])")
_DECIMAL_COMMA = re.compile(r"-?[\d.\s]*\d,\d+\s*$")
_MOST_COLUMNS = 50
_WITHOUT_PARENTHESES = re.compile(r"Cannot perform 'r?(?:and|or)_'|unsupported operand type\(s\) for [&|]:")
# What calculations with dates that are text say, without and with pyarrow.
_OF_DATES = r"Timestamp|datetime|Timedelta|for -: 'str' and 'str'|operation 'sub' not supported for dtype 'str'"


def advise_on_data(error: BaseException, location: ErrorLocation | None) -> str:
    """Return one line of advice; "" for none."""
    message = message_of(error)
    if found := re.match(r"'seaborn(-\w+)?' is not a valid package style", message):
        return f"Its name is 'seaborn-v0_8{found[1] or ''}'."
    if ("truth value of a" in message and "ambiguous" in message) or _WITHOUT_PARENTHESES.match(message):
        return "Between columns or arrays, write & for and, | for or, ~ for not, with each comparison in parentheses."
    if re.match(r'time data "\d{7,8}" doesn\'t match format "%d\.%m', message):
        return "thousands='.' took the dots out of the dates, too: read their column as text, by dtype={'column': str}."
    if re.match(r"Object of type (u?int|float|bool)\d* is not JSON serializable", message):
        return "It is a number of NumPy: take .item() of it, or pass default=str to json.dumps."
    if message.startswith("concat() takes 1 positional argument"):
        return "Pass one list: pd.concat([a, b])."
    if location is None:
        return ""
    if is_one_of(error, known_types("pandas.errors", "MergeError")) and "No common columns" in message:
        return _for_merge(location)
    if found := re.match(r"You are trying to merge on (\S+) and (\S+) columns for key '(.*?)'", message):
        return f"Make {found[3]!r} the same type in both tables first, such as by .astype(str)."
    if "not found in axis" in message and (columns := _columns_in(location)):
        return f"To drop columns rather than rows, pass columns={columns}."
    if "Can only use .dt accessor" in message or "Only valid with DatetimeIndex" in message:
        return _for_dates(location)
    if isinstance(error, TypeError) and re.search(_OF_DATES, message):
        return _for_dates(location) if _date_columns(location) else ""
    return _for_numbers(message, location)


def column_named_in(error: BaseException) -> str:
    """Return the name that plots, queries and formulas did not find among a table's columns; "" for none."""
    message = message_of(error)
    found = re.match(r"Could not interpret value `(.+?)` for `", message)
    if not found and is_one_of(
        error, (*known_types("pandas.errors", "UndefinedVariableError"), *known_types("patsy", "PatsyError"))
    ):
        found = re.search(r"name '(.+?)' is not defined", message)
    return found[1] if found else ""


def hint_for_separator(table: Any) -> str:
    """Return what to do about a table that was read with a wrong separator; "" for any other."""
    columns = list(islice(table.columns, 2))
    if len(columns) != 1 or type(columns[0]) is not str:
        return ""
    mark = next((mark for mark in (";", "\t", "|", ",") if mark in columns[0]), "")
    return f"Its only column is {columns[0][:80]!r}: read the file with sep={mark!r}. " if mark else ""


def _for_merge(location: ErrorLocation) -> str:
    tables = list(tables_in(location))
    if len(tables) != 2:
        return "Say which columns to merge on: left_on=…, right_on=…."
    left, right = ([column for column in table.columns if type(column) is str] for table in tables)
    pairs = [(one, other) for one in left for other in right if plain(one) == plain(other)]
    hint = f"Use left_on={pairs[0][0]!r}, right_on={pairs[0][1]!r}. " if pairs else "Use left_on=… and right_on=…. "
    return f"{hint}One has the columns: {names(left, _MOST_NAMES)}; the other: {names(right, _MOST_NAMES)}."


def plain(name: str) -> str:
    """Return a column's name without what people get wrong: case, spaces, underscores."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _for_dates(location: ErrorLocation) -> str:
    found = _date_columns(location)
    column, example = next(((c, e) for c, e in found if c in location.texts_within()), found[0] if found else ("", ""))
    if not column:
        return "Convert the column first, with pd.to_datetime(…)."
    day_first = ", dayfirst=True" if _DAY_FIRST.match(example) else ""
    call = f"df[{column!r}] = pd.to_datetime(df[{column!r}]{day_first})"
    return (
        f"The column {column!r} is text, such as {example!r}; convert it first: {call}. To resample, make it the index."
    )


def _for_numbers(message: str, location: ErrorLocation) -> str:
    found = re.match(r"could not convert string to float: '(.*)'|Unable to parse string \"?'?(.*?)\"?'? at", message)
    text = (found[1] or found[2] or "") if found else ""
    if _DECIMAL_COMMA.match(text):
        return "Numbers have decimal commas: read the file with decimal=',' (and thousands='.'), or use .str.replace."
    if found and not any(True for _ in tables_in(location)):
        return ""
    if found or "does not support operation" in message:
        return "Some columns are text: take df.select_dtypes('number'), or pass numeric_only=True."
    if "with string dtype" in message:
        return "The column is text: convert it first, with pd.to_numeric(…)."
    return ""


def _columns_in(location: ErrorLocation) -> list[str]:
    """Return the texts of the expression that are columns of its table."""
    columns = {column for table in islice(tables_in(location), 1) for column in table.columns if type(column) is str}
    return [text for text in location.texts() if text in columns]


def tables_in(location: ErrorLocation) -> Iterator[Any]:
    """Yield the tables that the failing expression names."""
    seen = set()
    for value in chain(location.owners(), location.named()):
        if is_one_of(value, known_types("pandas", "DataFrame")) and id(value) not in seen:
            seen.add(id(value))
            yield value


def _date_columns(location: ErrorLocation) -> list[tuple[str, str]]:
    """Return the columns of these tables that hold dates as text, each with its first one."""
    found = []
    for table in tables_in(location):
        for number, column in enumerate(islice(table.columns, _MOST_COLUMNS)):
            first = table.iloc[0, number] if len(table) else None
            if type(column) is str and type(first) is str and _DATE.match(first):
                found.append((column, first[:30]))
    return found
