"""Types as a person would write them, such as `list[Page]` or `str | None`."""

import dataclasses
import enum
import inspect
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from typing_extensions import is_typeddict

_LONGEST_DEFAULT = 60  # characters


def type_text(annotation: Any) -> str:
    """Return the type as text; an enum as its values, because values are what is passed and returned."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in (None, type(None)):
        return "None"
    if origin is Annotated:
        return type_text(parts[0])
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(type_text(part) for part in alternatives(annotation)))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return f"Literal[{', '.join(repr(member.value) for member in annotation)}]"
    if origin and parts and not isinstance(parts[0], list):
        return f"{_name(origin)}[{', '.join('...' if part is ... else type_text(part) for part in parts)}]"
    return _name(annotation)


def value_text(value: Any) -> str:
    """Return a default as in a signature; `...` if it cannot be written there or is too long."""
    text = repr(value.value if isinstance(value, enum.Enum) else value)
    try:
        compile(text, "default", "eval")
    except (SyntaxError, ValueError):
        return "..."
    return text if len(text) <= _LONGEST_DEFAULT else "..."


def fields_of(kind: Any) -> dict[str, Any]:
    """Return the fields and their types of a dataclass, pydantic model, named tuple or typed dict; {} for others."""
    if not isinstance(kind, type) or issubclass(kind, enum.Enum):
        return {}
    if issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if not (dataclasses.is_dataclass(kind) or is_typeddict(kind) or hasattr(kind, "_fields")):
        return {}
    named = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else None
    try:
        hints = get_type_hints(kind)
    except (NameError, TypeError, AttributeError):  # a type that exists for type checkers only
        hints = dict(inspect.get_annotations(kind))
    return hints if named is None else {name: hints.get(name, Any) for name in named}


def with_fields(*annotations: Any) -> list[type]:
    """Return all types with fields within these types, those in fields of others included, each once."""
    found: dict[type, None] = {}
    waiting = list(annotations)
    while waiting:
        annotation = waiting.pop(0)
        waiting.extend(part for part in get_args(annotation) if not isinstance(part, str))
        if annotation not in found and (fields := fields_of(annotation)):
            found[annotation] = None
            waiting.extend(fields.values())
    return list(found)


def alternatives(annotation: Any) -> list[Any]:
    """Return the types of a union, those of nested unions included; of any other type, itself."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in alternatives(part)]
    return [annotation]


def _name(annotation: Any) -> str:
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-zA-Z_]\w*\.)+(\w+)", r"\1", text)  # without the modules' names
