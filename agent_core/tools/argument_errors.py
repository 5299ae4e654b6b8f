"""What is wrong with a tool's arguments, in words."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent_core.text import truncate

_MOST = 5  # problems that are told
_LONGEST_VALUE = 60  # characters
_KIND = re.compile(r"(\w+?)_(?:type|attributes_type|parsing\w*|from_\w+|required)")
_KINDS = {
    "int": "an integer",
    "float": "a number",
    "decimal": "a number",
    "bool": "True or False",
    "string": "text",
    "string_sub": "text",
    "bytes": "bytes",
    "list": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "tuple": "a list",
    "iterable": "a list",
    "dict": "a dict",
    "mapping": "a dict",
    "model": "a dict with its fields",
    "dataclass": "a dict with its fields",
    "date": "a date such as 2024-12-31",
    "datetime": "a date and time such as 2024-12-31T18:00",
    "time": "a time such as 18:00",
    "time_delta": "a length of time such as PT2H30M",
    "none": "None",
    "path": "a path",
    "uuid": "a UUID",
    "url": "an address such as https://example.org",
}


def argument_errors(error: ValidationError, arguments: Mapping[str, Any], names: Sequence[str]) -> str:
    """All that is wrong, without a full stop. names: of the parameters that there are."""
    told: list[str] = []
    wanted: dict[str, tuple[Any, dict[str, None]]] = {}  # what each place was given, and might have been given
    for problem in error.errors(include_url=False):
        place = _place(problem, arguments)
        if problem["type"] == "missing":
            told.append(f"{place} is missing")
        elif problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            told.append(_unknown(place, names))
        elif expected := _expected(problem):
            wanted.setdefault(place, (problem["input"], {}))[1][expected] = None
        else:
            told.append(f"{place} {_other(problem)}")
    told += [f"{place} must be {' or '.join(kinds)}, not {shown(value)}" for place, (value, kinds) in wanted.items()]
    rest = len(told) - _MOST
    return "; ".join(told[:_MOST]) + (f"; and {rest} more" if rest > 0 else "")


def shown(value: Any) -> str:
    """A value in a sentence."""
    text = repr(value[:_LONGEST_VALUE] if isinstance(value, str) else value)
    return truncate(text, _LONGEST_VALUE - 1)


def _unknown(name: str, names: Sequence[str]) -> str:
    alike = get_close_matches(name, names, 1)
    return f"there is no parameter {shown(name)}" + (f" (did you mean {alike[0]}?)" if alike else "")


def _expected(problem: ErrorDetails) -> str:
    """What might have been given; "" where the kind is not what is wrong."""
    if problem["type"] in ("literal_error", "enum"):
        return str(problem.get("ctx", {})["expected"])
    kind = _KIND.fullmatch(problem["type"])
    if kind and (words := _KINDS.get(kind[1])):
        return words
    _, found, words = problem["msg"].partition("nput should be ")
    return words if found else ""


def _other(problem: ErrorDetails) -> str:
    text = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return re.sub(r"^\w+ should ", "must ", text)


def _place(problem: ErrorDetails, arguments: Mapping[str, Any]) -> str:
    """Such as `query` or `filter.tags[2]`. pydantic's own also names the kinds that a union allows."""
    value: Any = arguments
    path = ""
    for part in problem["loc"]:
        if isinstance(value, Mapping) and part in value:
            path, value = f"{path}.{part}", value[part]
        elif isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
    if problem["type"] == "missing":
        path = f"{path}.{problem['loc'][-1]}"
    return path.removeprefix(".") or "arguments"
