"""Turns JSON Schemas into Python types, as far as types can express them, for the stubs of tools."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Union

from typing_extensions import TypedDict

from agent_core.tools.names import python_name
from agent_core.tools.parameters import MISSING, SchemaParameter

Schema = Mapping[str, Any]

_DEEPEST = 20  # nested types; deeper ones become Any
_MOST_TYPES = 1_000  # of one schema, counted each time they occur; further ones become Any
_MOST_FIELDS = 40  # of an object whose fields are listed
_MOST_CHOICES = 60
_PLAIN: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}


def parameters_of(schema: Schema) -> list[SchemaParameter]:
    """Return the parameters that the JSON Schema of an object describes."""
    properties, types = schema.get("properties"), _Types(schema)
    required = _names(schema.get("required"))
    return [
        SchemaParameter(name, types.of(part, name), _description(part), _default(part), name in required)
        for name, part in (properties.items() if isinstance(properties, Mapping) else ())
    ]


def type_of(schema: Any, name: str = "Result") -> Any:
    """Return the type that a schema describes; Any if no type can express it.

    Args:
        schema: A JSON Schema; anything else means any type.
        name: The name of the type, if the schema describes an object with known fields.
    """
    return _Types(schema if isinstance(schema, Mapping) else {}).of(schema, name)


class _Types:
    """Makes types from the parts of one schema, and resolves references in it."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _MOST_TYPES
        # Each made once, with the number of types in it: a schema may refer to itself, or many times to the same part.
        self._referred: dict[str, tuple[Any, int]] = {}

    def of(self, schema: Any, name: str, depth: int = 0) -> Any:
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return Any
        if isinstance(reference := schema.get("$ref"), str):
            return self._of_reference(reference, depth)
        if "const" in schema:
            return _one_of([schema["const"]])
        if isinstance(choices := schema.get("enum"), list):
            return _one_of(choices)
        for key in ("anyOf", "oneOf"):
            if isinstance(parts := schema.get(key), list):
                return _union([self.of(part, name, depth + 1) for part in parts[:_MOST_CHOICES]])
        if isinstance(parts := schema.get("allOf"), list) and len(parts) == 1:
            return self.of(parts[0], name, depth + 1)
        return self._of_kind(schema, name, depth)

    def _of_reference(self, reference: str, depth: int) -> Any:
        if reference in self._referred:
            kind, count = self._referred[reference]
            self._left -= count
            return kind if self._left >= 0 else Any
        before = self._left
        self._referred[reference] = Any, 0  # while it is being made, in case it refers to itself
        kind = self.of(_looked_up(reference, self._root), reference.rpartition("/")[2], depth + 1)
        self._referred[reference] = kind, before - self._left
        return kind

    def _of_kind(self, schema: Schema, name: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = dict.fromkeys(map(str, kind))
            return _union([self.of({**schema, "type": part}, name, depth + 1) for part in kinds])
        if kind == "array":
            item = self.of(schema.get("items"), name, depth + 1)
            return list if item is Any else list[item]
        if kind == "object" or (kind is None and "properties" in schema):
            return self._of_object(schema, name, depth)
        return _PLAIN.get(str(kind), Any)

    def _of_object(self, schema: Schema, name: str, depth: int) -> Any:
        properties, extra = schema.get("properties"), schema.get("additionalProperties")
        if not isinstance(properties, Mapping) or not 0 < len(properties) <= _MOST_FIELDS:
            value = self.of(extra, name, depth + 1)
            return dict if value is Any else dict[str, value]
        required, fields = _names(schema.get("required")), {}
        for key, part in properties.items():
            field = self.of(part, str(key), depth + 1)
            fields[str(key)] = field if key in required else NotRequired[field]
        return TypedDict(_type_name(schema.get("title") or name), fields)  # pyright: ignore


def _one_of(choices: Sequence[Any]) -> Any:
    plain = [choice for choice in choices[:_MOST_CHOICES] if isinstance(choice, (str, int, bool)) or choice is None]
    return Literal[tuple(plain)] if len(plain) == len(choices) and plain else Any


def _union(kinds: Sequence[Any]) -> Any:
    return Union[tuple(kinds)] if kinds and Any not in kinds else Any  # noqa: UP007


def _looked_up(reference: str, root: Schema) -> Any:
    """Return the part of the schema that a reference points to; None if there is none."""
    found: Any = root if reference.startswith("#") else None
    for part in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _names(required: Any) -> list[Any]:
    return required if isinstance(required, list) else []


def _description(schema: Any) -> str:
    text = schema.get("description") if isinstance(schema, Mapping) else None
    return " ".join(text.split()) if isinstance(text, str) else ""


def _default(schema: Any) -> Any:
    return schema["default"] if isinstance(schema, Mapping) and "default" in schema else MISSING


def _type_name(text: Any) -> str:
    return re.sub(r"(?:^|_)([a-z])", lambda found: found[1].upper(), python_name(str(text)))
