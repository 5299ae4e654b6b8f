"""Values that calls of tools name instead of holding them: JSON has neither pictures nor tables."""

from collections.abc import Mapping
from typing import Any

from agent_core.prompts import fill, read_prompt
from agent_core.tools.names import python_name
from agent_core.tools.native_types import names_native, native_schema
from agent_core.tools.signature import Signature

_MOST = 50  # values that are kept; the oldest go first


def with_values(signature: Signature, arguments: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with the values that they name.

    Args:
        signature: The tool's parameters; only those that take tables, arrays or pictures are given values.
        arguments: The arguments of the call.
        given: The values by their names.
    """
    native = {name for p in signature.parameters if names_native(p.type) for name in (p.name, p.python)}
    return {name: _named(value, given) if name in native else value for name, value in arguments.items()}


def keep(tool: str, result: Any, given: dict[str, Any]) -> str:
    """Keep a tool's result for later calls, if it is a table, an array or a picture.

    Returns:
        What the model is told of it; "" for nothing.
    """
    if not any(map(native_schema, type(result).__mro__)):
        return ""
    name = python_name(f"{tool}_1", given)
    given[name] = result
    while len(given) > _MOST:
        del given[next(iter(given))]
    return fill(read_prompt("kept_as"), name=name)


def _named(value: Any, given: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_named(item, given) for item in value]
    return given.get(value, value) if isinstance(value, str) else value
