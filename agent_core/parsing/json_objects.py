"""Turns JSON objects that are calls of tools into Python that does the same."""

import ast
import re
from dataclasses import replace
from typing import Any

from agent_core.parsing.call_to_python import CODE_KEYS, PYTHON_TOOL_NAMES, Action, as_python, without_fence
from agent_core.parsing.json_text import read_json
from agent_core.parsing.python_text import is_python
from agent_core.parsing.tidy import tidy

_NAME_KEYS = ("name", "tool", "tool_name", "action", "function", "function_name", "recipient_name")
_ARGUMENT_KEYS = (
    *("arguments", "parameters", "args", "input", "action_input", "tool_input", "params", "kwargs", "tool_arguments"),
    *("tool_args", "actionInput"),
)
_THOUGHT_KEYS = ("thought", "thoughts", "reasoning", "explanation", "rationale", "plan", "analysis", "comment")


def read_object(text: str) -> Action | None:
    """Return the action that a JSON text stands for; None if the text is data."""
    value = read_json(text, may_lack_bracket=True)
    return _from_value(value) if value is not None else read_broken_object(text)


def is_unclosed_call(text: str) -> bool:
    """Return whether a JSON text begins like a call and ends within it."""
    return bool(_BEGUN.match(text)) and not text.rstrip().endswith(("}", "]", "```")) and read_object(text) is None


_FIRST_KEYS = "|".join((*_NAME_KEYS, *_THOUGHT_KEYS, *CODE_KEYS, "tool_calls"))
_BEGUN = re.compile(rf'\s*\[?\s*\{{\s*"(?:{_FIRST_KEYS})"\s*:')


def _from_value(value: Any) -> Action | None:
    if isinstance(value, list):
        return _from_list(value)
    if not isinstance(value, dict):
        return None
    thought = next((value[key] for key in _THOUGHT_KEYS if isinstance(value.get(key), str)), "")
    for key in ("tool_calls", "tool_call", "function_call", "action", "function", "actions"):
        if isinstance(value.get(key), dict | list):
            inner = _from_value(value[key])
            return inner and replace(inner, thought=thought or inner.thought)
    code = _code_of_value(value)
    name = _name_of(value).rpartition(".")[2]
    return Action(code, thought, passed=bool(name) and not code.startswith(f"{name}(")) if code else None


def _from_list(values: list[Any]) -> Action | None:
    """Return several calls as one tuple, whose value has all results. If any item is code, return only the first."""
    actions = [_from_value(value) for value in values if isinstance(value, dict)]
    if not actions or len(actions) < len(values) or actions[0] is None:
        return None
    calls = [action.code for action in actions if action and _is_call(action.code)]
    return Action(f"({', '.join(calls)})", actions[0].thought) if 1 < len(calls) == len(actions) else actions[0]


def _is_call(code: str) -> bool:
    try:
        return isinstance(ast.parse(code, mode="eval").body, ast.Call)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _code_of_value(value: dict[str, Any]) -> str:
    name = _name_of(value)
    given = [key for key in _ARGUMENT_KEYS if key in value]
    if name and given:
        return as_python(name, value[given[0]])
    rest = {key: item for key, item in value.items() if key not in (*_NAME_KEYS, *_THOUGHT_KEYS)}
    if name and ("tool" in value or "tool_name" in value):
        return as_python(name, rest)
    code = next((value[key] for key in CODE_KEYS if isinstance(value.get(key), str)), "")
    return tidy(without_fence(code)) if is_python(tidy(without_fence(code))) else ""


def _name_of(value: dict[str, Any]) -> str:
    return next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")


_BROKEN_NAME = re.compile(rf'"(?:{"|".join(_NAME_KEYS)})"\s*:\s*"([\w.]+)"')
_BROKEN_CODE = re.compile(
    rf'"(?:{"|".join(CODE_KEYS)})"\s*:\s*(?:"{{3}}|["`])(.*?)(?:"{{3}}|["`])\s*[}}\]]*\s*\Z', re.DOTALL
)


def read_broken_object(text: str) -> Action | None:
    """Return the action in broken JSON, with an unescaped quote in its code; None if there is none or it has no end."""
    code, name = _BROKEN_CODE.search(text), _BROKEN_NAME.search(text)
    if code is None or (name is not None and name[1].lower() not in PYTHON_TOOL_NAMES):
        return None
    plain = re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": "\t", "r": ""}.get(escape[1], escape[1]), code[1])
    return Action(tidy(plain), passed=name is not None) if is_python(tidy(plain)) or name else None
