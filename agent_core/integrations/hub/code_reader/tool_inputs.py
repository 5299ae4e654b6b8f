"""Reads the inputs of a tool from its attribute `inputs`, and checks them against the signature of `forward`."""

import ast
import inspect
import json
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, Union, get_args

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.annotations import Annotations, kinds_of
from agent_core.integrations.hub.code_reader.literals import NotLiteral, literal
from agent_core.integrations.hub.code_reader.tool_class import Method
from agent_core.text import whole_characters
from agent_core.tools.parameters import MISSING, SchemaParameter
from agent_core.tools.schema_types import type_of

TYPES = ("string", "boolean", "integer", "number", "image", "audio", "array", "object", "any", "null")
_OLD_INPUTS = (
    "This tool says its inputs in the form that the agents of transformers once had, as a list. Its author has to "
    "bring it into the form that smolagents has now."
)


def parameters_of(
    inputs: Any, forward: Method, annotations: Annotations, names: Mapping[str, Any], *, any_signature: bool
) -> tuple[SchemaParameter, ...]:
    """Return the parameters, in the order of `forward`.

    Args:
        inputs: The value of the tool's attribute `inputs`.
        forward: The tool's method.
        annotations: Finds the types of the module.
        names: The values of the module's names.
        any_signature: Whether smolagents is told not to check the inputs against `forward`, which may then take
            `*args, **kwargs`.

    Raises:
        ToolError: The inputs and `forward` do not agree.
    """
    told = {name: _entry(name, entry) for name, entry in _as_dict(inputs).items()}
    arguments, free = _arguments(forward)
    if any_signature and free:
        return tuple(_from_inputs(name, entry) for name, entry in told.items())
    if free or set(arguments) != set(told):
        takes = ", ".join(arguments) or "nothing"
        raise ToolError(
            f"This tool's inputs do not match its method forward: it says {', '.join(told) or 'none'}, and forward "
            f"takes {f'any, by {free}' if free else takes}."
        )
    return tuple(
        _parameter(name, told[name], annotations.type_of(argument.annotation), _default(default, names))
        for name, (argument, default) in arguments.items()
    )


def refined(annotated: Any, entry: Mapping[str, Any]) -> Any:
    """Return the type that an annotation names if it agrees with the JSON Schema beside it, else the schema's type."""
    told = type_of(entry)
    if annotated is MISSING or annotated is Any or "enum" in entry:
        return told
    kinds, allowed = kinds_of(annotated) - {"null"}, kinds_of(told)
    allowed = allowed | {"integer"} if "number" in allowed else allowed
    if told is Any:
        return annotated if entry.get("type") == "any" and kinds else Any
    return annotated if kinds and kinds <= allowed and not (get_args(told) and not get_args(annotated)) else told


def _as_dict(inputs: Any) -> dict[str, Any]:
    if isinstance(inputs, str):
        try:
            inputs = ast.literal_eval(inputs)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            raise ToolError("This tool's inputs are not a dict.") from None
    if isinstance(inputs, (list, tuple)):
        raise ToolError(_OLD_INPUTS)
    if not isinstance(inputs, dict):
        raise ToolError("This tool's inputs are not a dict.")
    return inputs


def _entry(name: Any, entry: Any) -> dict[str, Any]:
    """Return one input as a JSON Schema. Raises ToolError if smolagents would not take it."""
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ToolError(f"This tool has an input named {str(name)[:60]!r}, which is not a Python name.")
    if not isinstance(entry, dict) or "type" not in entry:
        raise ToolError(f"This tool does not say what type its input {name} has.")
    kinds = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
    unknown = [kind for kind in kinds if kind not in TYPES]
    if unknown or not kinds:
        raise ToolError(
            f"This tool's input {name} has the type {str(unknown[:1] or kinds)[1:-1][:60] or 'none'}, which smolagents "
            f"does not know: it knows {', '.join(TYPES)}."
        )
    return entry


def _arguments(forward: Method) -> tuple[dict[str, tuple[ast.arg, ast.expr | None]], str]:
    """Return the parameters without `self` and their defaults, and `*args` and `**kwargs` as text if there are any."""
    of = forward.args
    if of.posonlyargs[1:]:
        raise ToolError("This tool's method forward takes inputs by position only, so that they cannot be named.")
    by_place = [*of.posonlyargs, *of.args]
    defaults = [*[None] * (len(by_place) - len(of.defaults)), *of.defaults]
    pairs = [*zip(by_place, defaults, strict=True), *zip(of.kwonlyargs, of.kw_defaults, strict=True)]
    if not any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in forward.decorator_list):
        if not by_place and not of.vararg:
            raise ToolError("This tool's method forward has no self, so that it cannot be called.")
        pairs = pairs[1:] if by_place else pairs
    free = " and ".join(f"{stars}{arg.arg}" for stars, arg in (("*", of.vararg), ("**", of.kwarg)) if arg)
    return {argument.arg: (argument, default) for argument, default in pairs}, free


def _default(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    """Return the default; MISSING if there is none, and the class NotLiteral if it cannot be written as JSON."""
    if node is None:
        return MISSING
    try:
        default = literal(node, names)
        json.dumps(default, ensure_ascii=False, allow_nan=False).encode()
    except (NotLiteral, TypeError, ValueError, RecursionError):
        return NotLiteral
    return default


def _parameter(name: str, entry: Mapping[str, Any], annotated: Any, default: Any) -> SchemaParameter:
    nullable, may_be_none = entry.get("nullable") is True, "null" in kinds_of(annotated)
    if nullable and default is MISSING and not may_be_none:
        raise ToolError(f"This tool's input {name} may be left out, but its method forward requires it.")
    kind = refined(annotated, entry)
    if default is None or may_be_none or (nullable and annotated is MISSING):
        kind = _or_none(kind)
    known = MISSING if default is NotLiteral else default
    return SchemaParameter(name, kind, _description(entry), known, default is MISSING)


def _from_inputs(name: str, entry: Mapping[str, Any]) -> SchemaParameter:
    nullable = entry.get("nullable") is True
    kind = _or_none(type_of(entry)) if nullable else type_of(entry)
    return SchemaParameter(name, kind, _description(entry), MISSING, not nullable)


def _or_none(kind: Any) -> Any:
    return kind if kind is Any else Union[kind, None]  # noqa: UP007


def _description(entry: Mapping[str, Any]) -> str:
    text = entry.get("description")
    return whole_characters(inspect.cleandoc(text)) if isinstance(text, str) else ""
