"""Tools of smolagents: its functions, classes, Spaces and pipelines, and what it made of other libraries' tools."""

import inspect
import sys
import threading
from collections.abc import Mapping
from typing import Any, Union, get_type_hints

from agent_core.errors import ToolError
from agent_core.parsing import FINAL_ANSWER
from agent_core.tools.given.foreign_tool import ForeignTool
from agent_core.tools.parameters import MISSING, SchemaParameter
from agent_core.tools.schema_types import type_of

_LIBRARIES = ("smolagents", "transformers")  # where the class was before


def is_smolagents_tool(thing: Any) -> bool:
    """Return whether this is an object of smolagents' class Tool, or of a class derived from it."""
    return not inspect.isclass(thing) and is_of_library(type(thing), "Tool")


def is_of_library(kind: type, name: str) -> bool:
    """Return whether a class is one of smolagents with this name, or derived from it."""
    return any(_is_from_library(base, name) for base in kind.__mro__)


def is_own_final_answer(thing: Any) -> bool:
    """Return whether this is the tool that smolagents gives all its agents, which ours have already."""
    return _is_from_library(type(thing), "FinalAnswerTool")


def of_smolagents(thing: Any) -> ForeignTool:
    """Make a tool of one of smolagents. `setup` runs once, before the first call.

    Args:
        thing: The tool of smolagents.

    Returns:
        The tool. What it returns is given as it is in itself: a picture as an image of Pillow, not as an AgentImage.

    Raises:
        ToolError: It does not say what it is or what it takes.
    """
    name, description = getattr(thing, "name", None), getattr(thing, "description", None)
    if is_own_final_answer(thing):
        raise ToolError(f"Every agent has {FINAL_ANSWER} already. Leave this tool out.")
    if not isinstance(name, str) or not isinstance(description, str):
        raise ToolError(f"The tool {type(thing).__name__} has no name or no description. Set both in its class.")
    setting_up = threading.Lock()

    def work(arguments: dict[str, Any]) -> Any:
        with setting_up:
            if not getattr(thing, "is_initialized", True):
                thing.setup()
                thing.is_initialized = True
        return _raw(thing(**_raw(arguments)))

    return ForeignTool(thing, name, inspect.cleandoc(description), _parameters(thing), work, output=_output(thing))


def _is_from_library(kind: type, name: str) -> bool:
    return kind.__name__ == name and kind.__module__.partition(".")[0] in _LIBRARIES


def _parameters(thing: Any) -> list[SchemaParameter]:
    inputs = getattr(thing, "inputs", None)
    if not isinstance(inputs, Mapping):
        raise ToolError(f"The inputs of the tool {thing.name!r} have to be a dict of names, types and descriptions.")
    taken = _taken(thing)
    if taken is not None and taken.keys() != inputs.keys():
        raise ToolError(
            f"The inputs of the tool {thing.name!r} do not match its method forward: they are "
            f"{', '.join(inputs) or 'none'}, and forward takes {', '.join(taken) or 'nothing'}. Make them the same."
        )
    return [_parameter(thing, name, entry, (taken or {}).get(name, MISSING)) for name, entry in inputs.items()]


def _taken(thing: Any) -> dict[str, Any] | None:
    """Return the parameters of `forward` with their defaults; None if it takes whatever the inputs name."""
    if getattr(thing, "skip_forward_signature_validation", False) is True:
        return None
    found = inspect.signature(thing.forward).parameters.values()
    if any(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in found):
        return None
    return {parameter.name: parameter.default for parameter in found if parameter.name != "self"}


def _parameter(thing: Any, name: str, entry: Any, default: Any) -> SchemaParameter:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("type"), (str, list)):
        raise ToolError(f"The tool {thing.name!r} does not say what type its input {name!r} has. Set it in its inputs.")
    kind, nullable = _type_of(entry), entry.get("nullable") is True
    if kind is not Any and kind is _picture():  # some take the path or the address of one as well
        kind = Union[kind, str]  # noqa: UP007
    if (nullable or default is None) and kind is not Any:
        kind = Union[kind, None]  # noqa: UP007
    description = " ".join(str(entry.get("description") or "").split())
    return SchemaParameter(name, kind, description, default, required=default is MISSING and not nullable)


def _output(thing: Any) -> Any:
    """Return the type of the result, from its schema, from `forward`, or from the word that is given for it."""
    if isinstance(schema := getattr(thing, "output_schema", None), Mapping):
        return type_of(schema)
    try:
        hints = get_type_hints(thing.forward, include_extras=True)
    except (NameError, TypeError):
        hints = {}
    told = _type_of({"type": getattr(thing, "output_type", "any")})
    return hints.get("return", MISSING if told is Any else told)


def _type_of(entry: Mapping[str, Any]) -> Any:
    return _picture() if entry["type"] == "image" else type_of(entry)


def _picture() -> Any:
    """Return Pillow's class of pictures, which smolagents has imported."""
    return getattr(sys.modules.get("PIL.Image"), "Image", Any)


def _raw(value: Any) -> Any:
    """Return a value without the classes that smolagents puts around texts, pictures and sounds."""
    if is_of_library(type(value), "AgentType"):
        return value.to_raw()
    if type(value) in (list, tuple):
        return type(value)(map(_raw, value))
    return {key: _raw(item) for key, item in value.items()} if type(value) is dict else value
