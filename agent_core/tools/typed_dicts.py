"""Makes pydantic take a TypedDict of `typing`, which it refuses before Python 3.12."""

import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from pydantic import GetPydanticSchema
from pydantic_core.core_schema import no_info_wrap_validator_function
from typing_extensions import TypedDict, is_typeddict

_NEEDED = sys.version_info < (3, 12)


def with_known_typed_dicts(hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return type hints with each TypedDict of `typing` in them made anew, with the same name and fields.

    A dataclass that has one in its fields is read as such a TypedDict, of which then the object is made.
    """
    made: dict[Any, Any] = {}
    return {name: _known(hint, made) if _NEEDED else hint for name, hint in hints.items()}


def _known(annotation: Any, made: dict[Any, Any]) -> Any:
    """Return the type; what was made before is in `made`, where a TypedDict that refers to itself has any type."""
    if is_typeddict(annotation) and type(annotation).__module__ == "typing":
        if annotation not in made:
            made[annotation] = Any
            made[annotation] = _anew(annotation, made)
        return made[annotation]
    if isinstance(annotation, type) and is_dataclass(annotation):
        if annotation not in made:
            made[annotation] = annotation
            made[annotation] = _of_dataclass(annotation, made)
        return made[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is None or origin is Literal:
        return annotation
    new = tuple(_known(part, made) for part in parts)
    if all(one is other for one, other in zip(new, parts, strict=True)):
        return annotation
    if origin is types.UnionType:
        origin = Union
    return Annotated[new] if origin is Annotated else origin[new]


def _anew(kind: Any, made: dict[Any, Any]) -> Any:
    required, fields = kind.__required_keys__, {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        bare = get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint
        field = _known(bare, made)
        fields[name] = field if name in required else NotRequired[field]
    new = TypedDict(kind.__name__, fields)  # pyright: ignore
    new.__doc__ = kind.__doc__
    return new


def _of_dataclass(kind: Any, made: dict[Any, Any]) -> Any:
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):  # pydantic says what is wrong
        return kind
    given = [field for field in fields(kind) if field.init]
    known = {field.name: _known(hints[field.name], made) for field in given}
    if all(hint is hints[name] for name, hint in known.items()):
        return kind
    optional = {field.name for field in given if (field.default, field.default_factory) != (MISSING, MISSING)}
    parts = {name: NotRequired[hint] if name in optional else hint for name, hint in known.items()}
    shape = TypedDict(kind.__name__, parts)  # pyright: ignore

    def read(value: Any, as_shape: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, kind) else kind(**as_shape(value))

    schema = GetPydanticSchema(lambda _, handler: no_info_wrap_validator_function(read, handler.generate_schema(shape)))
    return Annotated[kind, schema]
