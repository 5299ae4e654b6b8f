"""Describes what is wrong with a tool's arguments."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent_core.text import truncate

_MOST_PROBLEMS = 5  # described in one error
_LONGEST_VALUE = 60  # characters
_ERROR_TYPE = re.compile(r"(\w+?)_(?:type|attributes_type|parsing\w*|from_\w+|required)")
_TYPE_WORDS = {
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
    """Return a description of all problems, without a full stop.

    Args:
        error: The problems that pydantic found.
        arguments: The arguments, by the parameters' names in Python.
        names: The names of all parameters in JSON.
    """
    problems: list[str] = []
    expected_at: dict[str, tuple[Any, dict[str, None]]] = {}  # by path: the value given, and what was expected
    for problem in error.errors(include_url=False):
        path = _path(problem, arguments)
        if problem["type"] == "missing":
            problems.append(f"{path} is missing")
        elif problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            problems.append(_unknown(path, names))
        elif expected := _expected(problem):
            expected_at.setdefault(path, (problem["input"], {}))[1][expected] = None
        else:
            problems.append(f"{path} {_other(problem)}")
    problems += [
        f"{path} must be {' or '.join(kinds)}, not {_shown(value)}" for path, (value, kinds) in expected_at.items()
    ]
    rest = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {rest} more" if rest > 0 else "")


def _shown(value: Any) -> str:
    """Return a value as it is shown in a sentence."""
    text = repr(value[:_LONGEST_VALUE] if isinstance(value, str) else value)
    return truncate(text, _LONGEST_VALUE - 1)


def _unknown(name: str, names: Sequence[str]) -> str:
    alike = get_close_matches(name, names, 1)
    return f"there is no parameter {_shown(name)}" + (f" (did you mean {alike[0]}?)" if alike else "")


def _expected(problem: ErrorDetails) -> str:
    """Return what was expected; "" if the problem is not the type of the value."""
    if problem["type"] in ("literal_error", "enum"):
        return str(problem.get("ctx", {})["expected"])
    kind = _ERROR_TYPE.fullmatch(problem["type"])
    if kind and (words := _TYPE_WORDS.get(kind[1])):
        return words
    _, found, words = problem["msg"].partition("nput should be ")
    return words if found else ""


def _other(problem: ErrorDetails) -> str:
    text = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return re.sub(r"^\w+ should ", "must ", text)


def _path(problem: ErrorDetails, arguments: Mapping[str, Any]) -> str:
    """Return the path of a problem, such as `query` or `filter.tags[2]`. pydantic's own also names types of unions."""
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
