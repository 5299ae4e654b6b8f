"""Turns a call that a model wrote between its marks, in any known syntax, into Python that does the same."""

import json
import re
from typing import Any

from agent_core.parsing.call_to_python import Action, as_python, without_fence
from agent_core.parsing.json_objects import read_broken_object, read_object
from agent_core.parsing.json_text import read_json
from agent_core.parsing.python_text import first_call, is_python, parses
from agent_core.parsing.tidy import tidy


def read_call(text: str, name: str = "") -> Action | None:
    """Read the text between a model's marks of a call, in any known syntax.

    Args:
        text: The text between the marks.
        name: The tool's name if the marks contain it; "" otherwise.

    Returns:
        The action; None if the text is not a call.
    """
    text = re.sub(r"<(/?)\w+:(?=invoke|parameter|function)", r"<\1", text.strip())
    if name:
        code = as_python(name, _decoded(text))
        return Action(code) if code else None
    for read in (_from_xml, _from_named, _from_json, _from_python, _from_name):
        action = read(text)
        if action is not None:
            return action
    return None


def _from_json(text: str) -> Action | None:
    start = re.search(r"[{\[]", text)
    return (
        read_object(text[start.start() :])
        if start and start.start() < 200 and not parses(text[: start.end()])
        else None
    )


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
    """Read `name{…}`, with any marks in between, as DeepSeek, Kimi, Mistral and Functionary write it."""
    named = _NAMED.match(text)
    return _action(named[1], _decoded(named[2])) if named else None


def _from_python(text: str) -> Action | None:
    code = without_fence(re.sub(r"</?[\w|]+>|<\|\w+\|>", "", text).strip())
    single = first_call(code)
    if single:
        return Action(single)
    return Action(tidy(code)) if is_python(tidy(code)) else None


def _from_name(text: str) -> Action | None:
    """Read the name alone of a tool that needs no arguments, in JSON or not."""
    value = read_json(text)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    name = value.get("name") if isinstance(value, dict) and len(value) == 1 else text
    return _action(name, None) if isinstance(name, str) and re.fullmatch(r"[A-Za-z_][\w.]*", name) else None


def _action(name: str, arguments: Any) -> Action | None:
    code = as_python(name, arguments)
    return Action(code) if code else None


def _decoded(text: str) -> Any:
    """Return the arguments that a text holds as JSON, or the text itself."""
    text = without_fence(text)
    if not text:
        return None
    if not text.startswith(("{", "[", '"')):
        return text
    value = read_json(text)
    if value is None and (broken := read_broken_object(text)):
        return {"code": broken.code}
    return text if value is None else value


def _value(text: str) -> Any:
    """Return the value between the tags of a parameter: its JSON, or the text itself without surrounding newlines."""
    text = text.strip("\r\n")
    try:
        return json.loads(text)
    except ValueError:
        return text
