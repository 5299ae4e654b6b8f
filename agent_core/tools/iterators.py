"""What tools return that is not there yet: iterators, whose items are taken within bounds."""

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from agent_core.errors import ToolError

MOST_ITEMS = 1_000_000
MOST_CHARACTERS = 64 * 2**20  # in those items that are text or bytes


def all_of(value: Any) -> Any:
    """The value, or the list of all items of an iterator. Raises ToolError where it does not come to an end."""
    if not is_iterator(value):
        return value
    items, bound = [], _Bound()
    for item in value:
        bound.take(item)
        items.append(item)
    return items


async def all_of_async(iterator: AsyncIterator[Any]) -> list[Any]:
    """Its items. Raises ToolError where it does not come to an end."""
    items, bound = [], _Bound()
    async for item in iterator:
        bound.take(item)
        items.append(item)
    return items


def is_iterator(value: Any) -> bool:
    """Whether it gives its items one by one and only once; an open file is no such thing here."""
    return isinstance(value, Iterator) and not isinstance(value, io.IOBase)


class _Bound:
    def __init__(self) -> None:
        self._items = self._characters = 0

    def take(self, item: Any) -> None:
        self._items += 1
        self._characters += len(item) if isinstance(item, (str, bytes)) else 0
        if self._items > MOST_ITEMS or self._characters > MOST_CHARACTERS:
            raise ToolError("The tool's result does not come to an end: it is an iterator with too many items.")
