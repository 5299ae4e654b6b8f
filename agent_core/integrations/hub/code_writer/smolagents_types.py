"""The types of smolagents: which ones it reads in a signature, their names, and which values JSON can hold."""

import dataclasses
import enum
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from agent_core.integrations.hub.code_reader.tool_inputs import TYPES
from agent_core.tools.native_types import names_native
from agent_core.tools.type_text import alternatives

_JSON_TYPES = (str, int, float, bool, list, dict, type(None))  # values of these come from JSON as they are


def is_readable(kind: Any) -> bool:
    """Return whether smolagents can read a type in a signature."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is None or origin is Literal:
        return True
    if hasattr(kind, "__metadata__"):
        return is_readable(parts[0])
    if origin is tuple:
        return len(parts) != 1 and ... not in parts and all(map(is_readable, parts))
    return origin in (list, dict, Union, types.UnionType) and all(map(is_readable, parts))


def comes_as_json(kind: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Return whether a value from JSON is of this type without a conversion, inside the typed dicts `seen`."""
    origin, parts = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):
        return comes_as_json(parts[0], seen)
    if is_typeddict(kind):
        return kind in seen or all(comes_as_json(part, seen | {kind}) for part in get_type_hints(kind).values())
    if origin in (list, dict, Union, types.UnionType):
        return all(comes_as_json(part, seen) for part in parts)
    return origin is Literal or kind is Any or kind in _JSON_TYPES or native_type(kind) != ""


def native_type(kind: Any) -> str:
    """Return the name for tables, arrays and pictures, which are passed as themselves; "" for any other type."""
    if not names_native(kind):
        return ""
    parts = (getattr(part, "__name__", "") for part in alternatives(kind) if part is not type(None))
    return "image" if all(name == "Image" for name in parts) else "any"


def is_convertible(kind: Any, seen: set[Any]) -> bool:
    """Return whether the helper `_made` (snippets.MADE) can make values of this type inside the dataclasses `seen`."""
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if comes_as_json(kind) or kind in seen or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        return True
    if dataclasses.is_dataclass(kind):
        return all(is_convertible(part, {*seen, kind}) for part in get_type_hints(kind).values())
    if origin in (Union, types.UnionType):
        return type(None) in parts and len(parts) == 2 and all(is_convertible(part, seen) for part in parts)
    return origin in (list, set, frozenset, tuple, dict) and all(is_convertible(p, seen) for p in parts if p is not ...)


def schema_types(schema: Mapping[str, Any], root: Mapping[str, Any]) -> set[str]:
    """Return the types that a JSON Schema allows; empty if it allows any. `root` holds its definitions."""
    if reference := schema.get("$ref"):
        return schema_types(root["$defs"][reference.rpartition("/")[2]], root)
    if parts := schema.get("anyOf"):
        kinds = [schema_types(part, root) for part in parts]
        return set().union(*kinds) if all(kinds) else set()
    if isinstance(schema.get("type"), str):
        return {schema["type"]}
    names = {"str": "string", "int": "integer", "bool": "boolean", "NoneType": "null"}
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return {names.get(type(choice).__name__, "any") for choice in choices}


def type_name(kinds: set[str]) -> str | list[str]:
    """Return the name that smolagents has for these JSON Schema types: "any" if it has none."""
    known = sorted(kinds - {"null"} or kinds)
    if not known or not set(known) <= set(TYPES) or "any" in known:
        return "any"
    return known[0] if len(known) == 1 else known
