"""How much goes on at the same time: so much of one visitor, and so much of all together."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent_core import GlassboxError


class TooMany(GlassboxError):
    """As much goes on already as may; the text says what to wait for."""


class Slots:
    """Slots for what goes on at the same time.

    per_visitor: those that one visitor has, with those that they wait for. of_all: those that there are. own_taken,
    all_taken: what is said to who finds none.
    """

    def __init__(self, per_visitor: int, of_all: int, *, own_taken: str, all_taken: str = "") -> None:
        self._per_visitor = per_visitor
        self._of_all = of_all
        self._own_taken = own_taken
        self._all_taken = all_taken
        self._line: list[Slot] = []  # in the order in which they came: the first ones are free to go on
        self._changed = asyncio.Event()

    @contextmanager
    def taken_by(self, visitor: str) -> Iterator[None]:
        """Have a place. Raises TooMany."""
        place = self.take(visitor)
        try:
            yield
        finally:
            place.leave()

    def take(self, visitor: str) -> "Slot":
        """A place, to be left when it is not needed any more. Raises TooMany."""
        place = self.queue(visitor)
        if place.before:
            place.leave()
            raise TooMany(self._all_taken)
        return place

    def queue(self, visitor: str) -> "Slot":
        """A place in the line: it is to be waited for, and left. Raises TooMany where the visitor has all of theirs."""
        if sum(place.visitor == visitor for place in self._line) >= self._per_visitor:
            raise TooMany(self._own_taken)
        place = Slot(self, visitor)
        self._line.append(place)
        return place

    def before(self, place: "Slot") -> int:
        """How many have to leave until a place is free; 0 where it is."""
        return max(0, self._line.index(place) - self._of_all + 1)

    def remove(self, place: "Slot") -> None:
        """Let those who wait move up."""
        if place in self._line:
            self._line.remove(place)
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def change(self) -> None:
        """Wait until somebody leaves."""
        await self._changed.wait()


class Slot:
    """A place of one visitor's."""

    def __init__(self, places: Slots, visitor: str) -> None:
        self.visitor = visitor
        self._places = places

    @property
    def before(self) -> int:
        """How many have to leave until it is free; 0 where it is."""
        return self._places.before(self)

    async def wait(self, tell: Callable[[int], None] = lambda before: None) -> None:
        """Wait until it is free. tell: is told how many are before it, whenever that changes."""
        told = 0
        while before := self.before:
            if before != told:
                told = before
                tell(before)
            await self._places.change()

    def leave(self) -> None:
        """Give it back; a second time changes nothing."""
        self._places.remove(self)
