"""Reads the arguments that code gives to a tool of the host: plain data, and in it values that JSON cannot hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from agent_core.sandbox.guest.message_limits import LONGEST_DESCRIPTION
from agent_core.sandbox.guest.values import pictures, tables
from agent_core.sandbox.guest.values.decoding import VALUE, NotReadable, ValueReader
from agent_core.sandbox.host.terminal import plain
from agent_core.tools.native_types import names_native
from agent_core.tools.signature import Signature

_SMALL = 2**14  # characters
_MOST_ITEMS = 4_000_000  # of all tables and arrays of a call as lists, which are items as well
_FEW_ITEMS = 10_000  # of what has no items of its own, such as the rows of a table without columns
_ITEMS_PER_CHARACTER = 32


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
    """Return whether arguments take much memory or time, as pictures do, however short they are."""
    texts = [*_texts_in(arguments)]
    return sum(map(len, texts)) > _SMALL or any("image" in text for text in texts)


def _texts_in(arguments: Any) -> Iterator[str]:
    if isinstance(arguments, list):
        for item in arguments:
            yield from _texts_in(item)
    elif isinstance(arguments, dict):
        text = _encoded(arguments)
        yield from _texts_in([*arguments.values()]) if text is None else (text,)


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
    call = _Call()
    return {name: call.read(name, value, as_itself=name in native) for name, value in arguments.items()}


class _Call:
    """Reads the arguments of one call, which together have limits."""

    def __init__(self) -> None:
        self._reader = ValueReader()
        self._items = _MOST_ITEMS

    def read(self, name: str, given: Any, *, as_itself: bool) -> Any:
        """Return an argument with all values in it. Raises ValueError."""
        if isinstance(given, list):
            return [self.read(name, item, as_itself=as_itself) for item in given]
        if not isinstance(given, dict):
            return given
        text = _encoded(given)
        if text is None:
            return {key: self.read(name, item, as_itself=as_itself) for key, item in given.items()}
        try:
            value = self._reader.read(text)
        except NotReadable as error:
            raise ValueError(f"The argument {name} {error}.") from None
        return value if as_itself or isinstance(value, bytes) else self._as_plain(name, value, len(text))

    def _as_plain(self, name: str, value: Any, length: int) -> Any:
        """Return a table or an array as lists. Raises ValueError for anything else."""
        if (items := tables.items_of(value)) is None:
            kind = "a picture" if pictures.is_picture(value) else "neither a table nor an array"
            raise ValueError(f"The argument {name} is {kind}, which this tool does not take.")
        self._items -= items
        if self._items < 0 or items > _FEW_ITEMS + _ITEMS_PER_CHARACTER * length:
            raise ValueError(f"The argument {name} has too many items for a tool that takes lists. Give less of it.")
        return tables.as_lists(value)


def _encoded(given: dict[str, Any]) -> str | None:
    """Return the text of the value that an object stands for; None if it is an ordinary one."""
    text = given.get(VALUE)
    return text if isinstance(text, str) and given.keys() <= {VALUE, "look"} else None
