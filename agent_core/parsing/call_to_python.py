"""Turns a call of a tool, given by name and arguments, into Python that does the same."""

import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from agent_core.parsing.json_text import read_json
from agent_core.parsing.python_text import is_python
from agent_core.parsing.tidy import tidy

PYTHON_TOOL_NAMES = {
    *("python", "python3", "py", "ipython", "python_interpreter", "code_interpreter", "python_repl", "repl", "code"),
    *(
        "execute_python",
        "run_python",
        "execute_code",
        "run_code",
        "python_code",
        "exec",
        "interpreter",
        "pythoninterpreter",
    ),
    *("execute_ipython", "python_executor", "code_execution", "jupyter", "execute", "python_tool", "pythonrepltool"),
}
CODE_KEYS = ("code", "python_code", "source_code", "source", "script", "program", "python", "snippet")

_NONE = (
    "",
    "null",
    "None",
    "{}",
    "[]",
    '""',
    '"{}"',
    '"[]"',
    '"null"',
)  # what models and servers write for no arguments


@dataclass(frozen=True)
class Action:
    """What a model wants to run.

    Attributes:
        code: Python: that of the model, or the call of a tool.
        thought: What the model wrote with it.
        passed: Whether the code is what a call, written as JSON, passes to a tool that runs code.
    """

    code: str
    thought: str = ""
    passed: bool = False


def as_python(name: str, arguments: Any) -> str:
    """Return the Python for a call.

    Args:
        name: The tool's name.
        arguments: The arguments as JSON gave them: a dict, or a text (JSON again, the code itself, or the only
            argument).

    Returns:
        The code that the call passes to a Python tool, or else `name(key=value)`; "" if it is not a call.
    """
    name = re.sub(r"^(?:functions|default_api|tools|tool|multi_tool_use)\.", "", name.strip().strip("`*'\""))
    arguments = plain_arguments(arguments)
    runs_code = name.lower() in PYTHON_TOOL_NAMES
    if isinstance(arguments, dict) and arguments.get("type") == "object" and "properties" in arguments:
        return ""  # a description of the tool, not a call
    if isinstance(arguments, dict):
        code = _code_in(arguments, runs_code)
        if code:
            return tidy(code)
    elif runs_code and isinstance(arguments, str):
        return tidy(without_fence(arguments))
    if runs_code or not all(part.isidentifier() for part in name.split(".")):
        return ""
    return f"{name}({_as_arguments(arguments)})"


def plain_arguments(arguments: Any) -> Any:
    """Return arguments without the JSON that they were encoded in, even twice. What stands for none becomes {}."""
    for _ in range(3):
        if isinstance(arguments, str) and re.match(r'\s*["\[]?\s*\{', arguments):
            arguments = read_json(arguments) or arguments
    if isinstance(arguments, list) and len(arguments) == 1 and isinstance(arguments[0], dict):
        return arguments[0]
    empty = arguments is None or arguments == [] or (isinstance(arguments, str) and arguments.strip() in _NONE)
    return {} if empty else arguments


def _code_in(arguments: dict[str, Any], runs_code: bool) -> str:
    """Return the code among the arguments. For a tool that does not run code, it must be the only argument."""
    texts = {key: item for key, item in arguments.items() if isinstance(item, str)}
    code = next((texts[key] for key in CODE_KEYS if key in texts), "")
    if runs_code:
        return without_fence(code or (next(iter(texts.values())) if texts else ""))
    return without_fence(code) if list(arguments) == ["code"] and is_python(tidy(without_fence(code))) else ""


def _as_arguments(arguments: Any) -> str:
    if not isinstance(arguments, dict):
        return repr(arguments)
    if all(isinstance(key, str) and key.isidentifier() and not iskeyword(key) for key in arguments):
        return ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"**{arguments!r}"


def without_fence(text: str) -> str:
    """Return the text without the code fence or tag around it."""
    text = re.sub(r"\A\s*<(code|python)>(.*?)(?:</\1>\s*)?\Z", r"\2", text, flags=re.DOTALL)
    fenced = re.match(r"\s*(`{3,})[ \t]*[\w+-]*[ \t]*\n(.*?)(?:\n\s*\1|\Z)", text, re.DOTALL)
    return fenced[2] if fenced else text.strip("\n")
