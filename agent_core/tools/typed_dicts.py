"""Makes pydantic take a TypedDict of `typing`, which it refuses before Python 3.12."""

import sys
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import TypedDict, is_typeddict

_NEEDED = sys.version_info < (3, 12)


def with_known_typed_dicts(hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return type hints with each TypedDict of `typing` in them made anew, with the same name and fields."""
    made: dict[Any, Any] = {}
    return {name: _known(hint, made) if _NEEDED else hint for name, hint in hints.items()}


def _known(annotation: Any, made: dict[Any, Any]) -> Any:
    """Return the type; what was made before is in `made`, where a TypedDict that refers to itself has any type."""
    if is_typeddict(annotation) and type(annotation).__module__ == "typing":
        if annotation not in made:
            made[annotation] = Any
            made[annotation] = _anew(annotation, made)
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
