"""A run's place in a queue."""

from collections.abc import Callable
from typing import Protocol


class RunSlot(Protocol):
    """A run's place in a queue, for programs that limit how many runs are in progress at a time."""

    async def wait(self, tell: Callable[[int], None]) -> None:
        """Wait until the run may begin.

        Args:
            tell: Called with the number of runs that have to end first, whenever it changes.
        """
        ...

    def leave(self) -> None:
        """Leave the queue, or let the next run begin if this one has ended."""
        ...
