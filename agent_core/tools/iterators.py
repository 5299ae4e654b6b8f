"""Collects the items of iterators that tools return, up to a limit."""

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from agent_core.errors import ToolError

_MOST_ITEMS = 1_000_000
_MOST_CHARACTERS = 64 * 2**20  # in those items that are text or bytes


def all_of(value: Any) -> Any:
    """Return the value; for an iterator, the list of its items. Raises ToolError if there are too many."""
    if not is_iterator(value):
        return value
    items, limit = [], _ItemLimit()
    for item in value:
        limit.count(item)
        items.append(item)
    return items


async def all_of_async(iterator: AsyncIterator[Any]) -> list[Any]:
    """Return the list of an iterator's items. Raises ToolError if there are too many."""
    items, limit = [], _ItemLimit()
    async for item in iterator:
        limit.count(item)
        items.append(item)
    return items


def is_iterator(value: Any) -> bool:
    """Return whether a value is an iterator. Open files do not count."""
    return isinstance(value, Iterator) and not isinstance(value, io.IOBase)


class _ItemLimit:
    """Raises ToolError for an iterator that seems to have no end."""

    def __init__(self) -> None:
        self._items = self._characters = 0

    def count(self, item: Any) -> None:
        self._items += 1
        self._characters += len(item) if isinstance(item, (str, bytes)) else 0
        if self._items > _MOST_ITEMS or self._characters > _MOST_CHARACTERS:
            raise ToolError("The tool's result is an iterator with too many items.")
