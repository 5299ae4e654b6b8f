"""Lines that open or close a fence (``` or ~~~), and what a fence's label says about its content."""

import re
from dataclasses import dataclass
from typing import Literal

_CODE_LABELS = {
    *(
        "python",
        "py",
        "python3",
        "py3",
        "python2",
        "ipython",
        "ipython3",
        "tool_code",
        "code",
        "python_code",
        "jupyter",
    ),
    *("pycon", "python-repl", "python_repl", "pyrepl", "repl", "code_interpreter", "python_interpreter", "execute"),
    *("interpreter", "python-console", "run_python", "pyodide", "execute_python", "execute_ipython"),
}
_JUDGED_LABELS = {
    *("", "json", "json5", "jsonc", "tool_call", "tool_calls", "tool", "function_call", "function", "action", "xml"),
    *("markdown", "md", "tool_use", "script", "plain_code", "snippet", "cell", "program", "input", "call"),
}
_FENCE = re.compile(
    r"^(?P<margin>\s*(?:(?:[-*+>]|\d+[.)])\s+)?)(?P<marks>`{3,}|~{3,}|'{3}(?=py))[ \t]*(?P<info>[^\n]*)$"
)
_MID_FENCE = re.compile(r"(?<!`)(?P<marks>`{3,})(?P<info>(?:[ \t]*[{.]*\w+[}]*)?)[ \t]*$")
_LABEL = re.compile(r"\{?[.#]?(?:lang(?:uage)?=)?[\"']?(?P<label>[\w+-]*)[\"']?(?P<braced>[^{}]*\})?(?P<rest>.*)$")
_ATTRIBUTES = re.compile(
    r"^[ \t]*(?:[:,;{(|][^=(]*|(?:\w[\w-]*=(?:\"[^\"]*\"|'[^']*')[ \t]*)+|[\w./-]+\.\w+|\w+)?[ \t]*$|^[ \t]*\{"
)


@dataclass(frozen=True)
class Fence:
    """An opening fence.

    Attributes:
        marks: Its backticks or tildes.
        label: Its label; "" if it has none.
        kind: What the label says about the content: it is code, it is a quotation, or the content has to be judged.
        first: The code on the line of the fence.
        closed: Whether the fence ends on the same line.
    """

    marks: str
    label: str
    kind: Literal["code", "quote", "judged"]
    first: str = ""
    closed: bool = False


def fence_in(line: str) -> Fence | None:
    """Return the fence that a line opens; None if it opens none."""
    found = _FENCE.match(line.rstrip())
    return _fence(found["marks"], found["info"]) if found else None


def fence_at_end(line: str) -> tuple[int, Fence] | None:
    """Return where a fence opens at the end of a line of prose, and the fence; None if there is none."""
    found = _MID_FENCE.search(line.rstrip())
    if found is None:
        return None
    fence = _fence(found["marks"], found["info"])
    return (found.start(), fence) if fence and fence.kind == "code" else None


def closes_fence(line: str, marks: str) -> bool:
    """Return whether a line outside strings closes the fence with these marks, or opens another and so ends it."""
    found = re.match(rf"^\s*(?:>\s*)?{re.escape(marks[0])}{{{len(marks)},}}(?P<rest>.*)$", line.rstrip())
    return found is not None and (marks[0] == "`" or not found["rest"].strip())


def _fence(marks: str, info: str) -> Fence | None:
    closing = re.search(rf"{re.escape(marks[0])}{{{len(marks)},}}[ \t]*$", info)
    label = _LABEL.match(info)
    assert label is not None, "every text has a label, if an empty one"
    name, rest = label["label"].lower(), label["rest"]
    if closing is not None:
        body = info[: closing.start()]
        known = name in _CODE_LABELS and not label["braced"]
        return Fence(marks, "python" if known else "", "judged", body[label.end("label") :] if known else body, True)
    if "`" in info and marks[0] == "`":
        return None
    if name in _CODE_LABELS:
        return Fence(marks, name, "code", "" if _ATTRIBUTES.match(rest) else rest.strip())
    if re.match(r"\s*[(=.\[]", rest) and not label["braced"]:  # no label, but code
        return Fence(marks, "", "judged", info)
    return Fence(marks, name, "judged" if name in _JUDGED_LABELS else "quote")
