"""Reads the arguments that code gives to a tool of the host: plain data, and in it values that JSON cannot hold."""

from collections.abc import Mapping
from typing import Any

from agent_core.sandbox.guest.message_limits import LONGEST_DESCRIPTION
from agent_core.sandbox.guest.values.decoding import VALUE, NotReadable, read
from agent_core.sandbox.host.terminal import plain
from agent_core.tools.native_types import names_native
from agent_core.tools.signature import Signature

_SMALL = 2**16  # characters


def shown(arguments: Any) -> Any:
    """Return arguments as people see them: of a value, how the code describes it."""
    if isinstance(arguments, list):
        return [shown(item) for item in arguments]
    if not isinstance(arguments, dict):
        return arguments
    if _encoded(arguments) is None:
        return {name: shown(item) for name, item in arguments.items()}
    return plain(str(arguments.get("look", "")))[:LONGEST_DESCRIPTION]


def are_large(arguments: Any) -> bool:
    """Return whether arguments take much memory, as pictures do, however short they are."""
    if isinstance(arguments, list):
        return any(map(are_large, arguments))
    if not isinstance(arguments, dict):
        return False
    text = _encoded(arguments)
    return any(map(are_large, arguments.values())) if text is None else len(text) > _SMALL or "image" in text


def read_arguments(arguments: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """Return the arguments of a call with all values in them.

    A parameter whose type names a table, an array or a picture gets it as itself, any other gets lists.

    Args:
        arguments: What the code gave, by name.
        signature: The tool's parameters.

    Raises:
        ValueError: A value cannot be read, or is a picture that the tool does not take.
    """
    native = {parameter.python for parameter in signature.parameters if names_native(parameter.type)}
    return {name: _read(name, value, as_itself=name in native) for name, value in arguments.items()}


def _read(name: str, given: Any, *, as_itself: bool) -> Any:
    if isinstance(given, list):
        return [_read(name, item, as_itself=as_itself) for item in given]
    if not isinstance(given, dict):
        return given
    text = _encoded(given)
    if text is None:
        return {key: _read(name, item, as_itself=as_itself) for key, item in given.items()}
    try:
        value = read(text)
    except NotReadable as error:
        raise ValueError(f"The argument {name} {error}.") from None
    return value if as_itself or isinstance(value, bytes) else _as_plain(name, value)


def _encoded(given: dict[str, Any]) -> str | None:
    """Return the text of the value that an object stands for; None if it is an ordinary one."""
    text = given.get(VALUE)
    return text if isinstance(text, str) and given.keys() <= {VALUE, "look"} else None


def _as_plain(name: str, value: Any) -> Any:
    """Return a table or an array as lists. Raises ValueError for anything else."""
    if hasattr(value, "to_dicts"):  # of polars
        return value.to_dicts()
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return value.to_dict("records")
    as_list = getattr(value, "tolist", None) or getattr(value, "to_list", None)
    if as_list is None:
        raise ValueError(f"The argument {name} is a picture, which this tool does not take.")
    return as_list()
