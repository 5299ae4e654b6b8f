"""Encodes what host tools return as the JSON that a worker reads (see guest/values)."""

from typing import Any

from agent_core.errors import ToolError
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.guest.values.encoding import NotEncodable, TooLarge, ValueEncoder, text_of
from agent_core.tools.iterators import is_iterator

LIMIT = wire_format.LIMIT - 1_000  # characters


def encode(value: Any) -> bytes:
    """Return a tool's result as JSON.

    Args:
        value: Plain data, a dataclass, a pydantic model, an array, table or picture, or lists and dicts of these. Of
            other objects their str() is passed on.

    Raises:
        ToolError: It is too large, nested too deep, or contains itself.
    """
    encoder = _ResultEncoder(LIMIT)
    try:
        encoder.write(value)
    except TooLarge as error:
        raise ToolError(f"The tool's result {error}. Ask for less of it.") from None
    except NotEncodable as error:
        raise ToolError(f"The tool's result cannot be passed on: it {error}.") from None
    data = encoder.text().encode("utf-8", "replace")
    if len(data) > LIMIT:
        most = wire_format.LIMIT // 2**20
        size = f"{len(data) / 2**20:.0f} MB, and {most} MB are the most"
        raise ToolError(f"The tool's result is too large: {size}. Ask for less of it.")
    return data


class _ResultEncoder(ValueEncoder):
    def write_other(self, value: Any) -> None:
        if is_iterator(value):
            self.write_list(value)
        else:
            self.write(text_of(value) or f"<{type(value).__name__}>")
