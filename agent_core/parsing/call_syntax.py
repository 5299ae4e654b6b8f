"""Calls of tools, as models write them into their text → the Python that does the same."""

import ast
import json
import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from agent_core.parsing.python_text import first_call, is_python, parses, tidy

PYTHON_NAMES = {
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
_NAME_KEYS = ("name", "tool", "tool_name", "action", "function", "function_name", "recipient_name")
_ARGUMENT_KEYS = (
    *("arguments", "parameters", "args", "input", "action_input", "tool_input", "params", "kwargs", "tool_arguments"),
    *("tool_args", "actionInput"),
)
_THOUGHT_KEYS = ("thought", "thoughts", "reasoning", "explanation", "rationale", "plan", "analysis", "comment")


@dataclass(frozen=True)
class Action:
    """The Python of a call, and what the model said with it."""

    code: str
    thought: str = ""


def as_python(name: str, arguments: Any) -> str:
    """The Python for a call: the code that a Python tool is given, else `name(key=value)`. "" where it is no call.

    arguments: what JSON gave: a dict, or a text (JSON again, the code itself, or the only argument).
    """
    name = re.sub(r"^(?:functions|default_api|tools|tool|multi_tool_use)\.", "", name.strip().strip("`*'\""))
    if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
        arguments = read_json(arguments) or arguments
    runs_code = name.lower() in PYTHON_NAMES
    if isinstance(arguments, dict) and arguments.get("type") == "object" and "properties" in arguments:
        return ""  # a description of the tool
    if isinstance(arguments, dict):
        code = _code_in(arguments, runs_code)
        if code:
            return tidy(code)
    elif runs_code and isinstance(arguments, str):
        return tidy(_without_fence(arguments))
    if runs_code or not all(part.isidentifier() for part in name.split(".")):
        return ""
    return f"{name}({_as_arguments(arguments)})"


def read_call(text: str, name: str = "") -> Action | None:
    """The action in the text between a model's marks of a call, in any of the known syntaxes; None: it is none.

    name: of the tool, where the marks say it already.
    """
    text = re.sub(r"<(/?)\w+:(?=invoke|parameter|function)", r"<\1", text.strip())
    if name:
        code = as_python(name, _decoded(text))
        return Action(code) if code else None
    for read in (_from_xml, _from_named, _from_json, _from_python):
        action = read(text)
        if action is not None:
            return action
    return None


def read_object(text: str) -> Action | None:
    """The action in a JSON text, where it is one; None: it is data."""
    value = read_json(text)
    return _from_value(value) if value is not None else _from_broken(text)


def read_json(text: str) -> Any:
    """What a JSON text says, forgiving raw line ends, Python's quotes and constants, commas, and a missing end."""
    text = text.strip()
    text = text.replace("{{", "{").replace("}}", "}") if text.startswith("{{") else text
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            pass
    for closing in ("", "}", "}}", '"}', '"}}', "]"):
        try:
            return ast.literal_eval(text + closing)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            pass
        try:
            return json.loads(text + closing, strict=False)
        except (ValueError, RecursionError):
            pass
    return None


def _from_json(text: str) -> Action | None:
    start = re.search(r"[{\[]", text)
    return (
        read_object(text[start.start() :])
        if start and start.start() < 200 and not parses(text[: start.end()])
        else None
    )


def _from_value(value: Any) -> Action | None:
    if isinstance(value, list):
        return _from_list(value)
    if not isinstance(value, dict):
        return None
    thought = next((value[key] for key in _THOUGHT_KEYS if isinstance(value.get(key), str)), "")
    for key in ("tool_calls", "tool_call", "function_call", "action", "function", "actions"):
        if isinstance(value.get(key), dict | list):
            inner = _from_value(value[key])
            return inner and Action(inner.code, thought or inner.thought)
    code = _code_of_value(value)
    return Action(code, thought) if code else None


def _from_list(values: list[Any]) -> Action | None:
    """Several calls as one tuple, so that all their results are its value. Code comes alone: it is the first item."""
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
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    given = [key for key in _ARGUMENT_KEYS if key in value]
    if name and given:
        return as_python(name, value[given[0]])
    rest = {key: item for key, item in value.items() if key not in (*_NAME_KEYS, *_THOUGHT_KEYS)}
    if name and rest and ("tool" in value or "tool_name" in value):
        return as_python(name, rest)
    code = next((value[key] for key in CODE_KEYS if isinstance(value.get(key), str)), "")
    return tidy(_without_fence(code)) if is_python(tidy(_without_fence(code))) else ""


def _code_in(arguments: dict[str, Any], runs_code: bool) -> str:
    """The code among the arguments. Of a tool by another name it is code only where it is all there is."""
    texts = {key: item for key, item in arguments.items() if isinstance(item, str)}
    code = next((texts[key] for key in CODE_KEYS if key in texts), "")
    if runs_code:
        return _without_fence(code or (next(iter(texts.values())) if texts else ""))
    return _without_fence(code) if list(arguments) == ["code"] and is_python(tidy(_without_fence(code))) else ""


def _as_arguments(arguments: Any) -> str:
    if arguments is None:
        return ""
    if not isinstance(arguments, dict):
        return repr(arguments)
    if all(isinstance(key, str) and key.isidentifier() and not iskeyword(key) for key in arguments):
        return ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"**{arguments!r}"


_BROKEN_NAME = re.compile(rf'"(?:{"|".join(_NAME_KEYS)})"\s*:\s*"([\w.]+)"')
_BROKEN_CODE = re.compile(
    rf'"(?:{"|".join(CODE_KEYS)})"\s*:\s*(?:"{{3}}|["`])(.*?)(?:"{{3}}|["`])?\s*[}}\]]*\s*\Z', re.DOTALL
)


def _from_broken(text: str) -> Action | None:
    """JSON that cannot be read, for a quote in the code that is not escaped or for an end that is missing."""
    code, name = _BROKEN_CODE.search(text), _BROKEN_NAME.search(text)
    if code is None or (name is not None and name[1].lower() not in PYTHON_NAMES):
        return None
    plain = re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": "\t", "r": ""}.get(escape[1], escape[1]), code[1])
    return Action(tidy(plain)) if is_python(tidy(plain)) or name else None


_FUNCTION = re.compile(
    r"<(?:function=|invoke\s+name=|｜DSML｜invoke\s+name=|function\s+name=|tool\s+name=)\s*[\"']?([\w.]+)[\"']?\s*>(.*)",
    re.DOTALL,
)
_PARAMETER = re.compile(
    r"<(?:｜DSML｜)?(?:parameter=|parameter\s+name=|arg\s+name=|param\s+name=)\s*[\"']?([\w.]+)[\"']?[^>]*>(.*?)"
    r"(?:</(?:｜DSML｜)?(?:parameter|arg|param)>|(?=<parameter)|</function>|\Z)",
    re.DOTALL,
)
_KEYED = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_NAME_TAG = re.compile(r"<(?:name|tool_name|tool)>\s*([\w.]+)\s*</\w+>(.*)", re.DOTALL)


def _from_xml(text: str) -> Action | None:
    keyed = _KEYED.findall(text)
    if keyed:
        return _action(text[: text.index("<arg_key>")].strip(), {key.strip(): _value(value) for key, value in keyed})
    named = _FUNCTION.search(text) or _NAME_TAG.search(text)
    if named is None:
        return None
    inner = re.split(r"</(?:function|invoke|tool)>", named[2])[0]
    parameters = {key: _value(value) for key, value in _PARAMETER.findall(inner)}
    if not parameters:
        inner = re.sub(r"</?(?:arguments|parameters|input)>", "", inner).strip()
        plain = re.findall(r"<(\w+)>(.*?)</\1>", inner, re.DOTALL)
        return _action(named[1], {key: _value(value) for key, value in plain} if plain else _decoded(inner))
    return _action(named[1], parameters)


_NAMED = re.compile(
    r"\A(?:<[^<>]*>\s*)*(?:function\s*(?=<))?(?:<[^<>]*>)?(?:functions\.)?([A-Za-z_][\w.]*)(?::\d+)?"
    r"(?:<[^<>]*>|\[[A-Z_]+\]\w*|```\w*|\s)*(\{.*)",
    re.DOTALL,
)


def _from_named(text: str) -> Action | None:
    """`name{…}` with any marks between, as DeepSeek, Kimi, Mistral and Functionary put it."""
    named = _NAMED.match(text)
    return _action(named[1], _decoded(named[2])) if named else None


def _from_python(text: str) -> Action | None:
    code = _without_fence(re.sub(r"</?[\w|]+>|<\|\w+\|>", "", text).strip())
    single = first_call(code)
    if single:
        return Action(single)
    return Action(tidy(code)) if is_python(tidy(code)) else None


def _action(name: str, arguments: Any) -> Action | None:
    code = as_python(name, arguments)
    return Action(code) if code else None


def _decoded(text: str) -> Any:
    """The arguments in a text: an object, or the text itself."""
    text = _without_fence(text)
    if not text:
        return None
    if not text.startswith(("{", "[", '"')):
        return text
    value = read_json(text)
    if value is None and (broken := _from_broken(text)):
        return {"code": broken.code}
    return text if value is None else value


def _value(text: str) -> Any:
    """A parameter between tags: a number, a list, or the text itself, without the line ends around it."""
    text = text.strip("\r\n")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _without_fence(text: str) -> str:
    text = re.sub(r"\A\s*<(code|python)>(.*?)(?:</\1>\s*)?\Z", r"\2", text, flags=re.DOTALL)
    fenced = re.match(r"\s*(`{3,})[ \t]*[\w+-]*[ \t]*\n(.*?)(?:\n\s*\1|\Z)", text, re.DOTALL)
    return fenced[2] if fenced else text.strip("\n")
