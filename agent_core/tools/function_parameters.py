"""Reads the parameters of a function from its type hints, its defaults and its docstring."""

import inspect
import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agent_core.errors import ToolError
from agent_core.tools.parameters import MADE_ANEW, MISSING, Parameter
from agent_core.tools.typed_dicts import with_known_typed_dicts

_CHOICES = re.compile(r"\s*\(choices:\s*(\[.*\])\s*\)\.?\s*$", re.IGNORECASE | re.DOTALL)
_SINGLE = (str, int, float, bool)  # types whose values can be choices
_STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def parameters_of(function: Callable[..., Any], descriptions: Mapping[str, str]) -> tuple[tuple[Parameter, ...], Any]:
    """Return the parameters of a function, and the type of its result, MISSING if that is unknown.

    Args:
        function: A function with type hints for all its parameters.
        descriptions: Descriptions of the parameters, by their names in Python.

    Raises:
        ToolError: A parameter has no type, or cannot be named in a call.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of some builtins
        raise ToolError("Its parameters cannot be read. Write a function with type hints that calls it.") from None
    hints = _hints(function)
    parameters = tuple(_parameter(parameter, hints, descriptions) for parameter in signature.parameters.values())
    return parameters, hints.get("return", MISSING)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function, stop=lambda inner: hasattr(inner, "__signature__"))  # as inspect.signature does
    if not isinstance(function, (types.FunctionType, types.MethodType, types.BuiltinFunctionType)):
        function = type(function).__call__
    try:
        return with_known_typed_dicts(get_type_hints(function, include_extras=True))
    except NameError as error:
        raise ToolError(f"A type in its signature is unknown here: {error}.") from None
    except TypeError as error:
        raise ToolError(f"A type in its signature cannot be used: {str(error).rstrip('.')}.") from None


def _parameter(parameter: inspect.Parameter, hints: Mapping[str, Any], descriptions: Mapping[str, str]) -> Parameter:
    name, default = parameter.name, parameter.default
    if stars := _STARS.get(parameter.kind):
        raise ToolError(f"It may not take {stars}{name}. Name each parameter.")
    if name not in hints:
        raise ToolError(f"The parameter {name!r} needs a type.")
    hint = hints[name]
    if isinstance(default, FieldInfo):
        hint, default = Annotated[hint, default], MISSING
    fields = [extra for extra in _extras(hint) if isinstance(extra, FieldInfo)]
    if default is MISSING:
        default = next(filter(lambda value: value is not MISSING, map(_default_of, fields)), MISSING)
    if default is None:
        hint = _or_none(hint)
    described = [descriptions.get(name), *(extra.description for extra in fields), *_texts(hint)]
    description, choices = _without_choices(next(filter(None, described), ""))
    alias = next((extra.alias for extra in fields if extra.alias), name)
    return Parameter(alias, name, parameter.kind, _one_of(choices, hint) if choices else hint, default, description)


def _extras(hint: Any) -> Sequence[Any]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _texts(hint: Any) -> list[str]:
    """Return the descriptions that stand beside the type as they are: `Annotated[str, "the city"]`."""
    return [" ".join(extra.split()) for extra in _extras(hint) if isinstance(extra, str)]


def _default_of(field: FieldInfo) -> Any:
    if field.default_factory is not None:
        return MADE_ANEW
    return MISSING if field.default in (PydanticUndefined, ...) else field.default


def _or_none(hint: Any) -> Any:
    """Allow None too. Annotations stay outside the union, because they have no effect inside."""
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        return Annotated[(_or_none(kind), *extras)]
    return hint if hint is Any else Union[hint, None]  # noqa: UP007


def _without_choices(description: str) -> tuple[str, list[Any]]:
    """Return the description without `(choices: ["a", "b"])` at its end, as chat templates have it, and the choices."""
    if not (found := _CHOICES.search(description)):
        return description, []
    try:
        choices = [choice.strip() if isinstance(choice, str) else choice for choice in json.loads(found[1])]
    except (ValueError, RecursionError):
        return description, []
    usable = choices and all(isinstance(choice, _SINGLE) for choice in choices)
    return (description[: found.start()], choices) if usable else (description, [])


def _one_of(choices: Sequence[Any], hint: Any) -> Any:
    """Return the type with the choices in place of the type of single values in it."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint in (*_SINGLE, Any):
        return Literal[tuple(choices)]
    if origin is Annotated:
        return Annotated[(_one_of(choices, parts[0]), *parts[1:])]
    if origin in (Union, types.UnionType):
        return Union[tuple(_one_of(choices, part) for part in parts)]  # noqa: UP007
    return list[_one_of(choices, parts[0])] if origin is list else hint
