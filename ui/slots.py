"""Limits how much is in progress at a time: for one visitor, and for all together."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent_core import GlassboxError
from ui.texts import words


class TooMany(GlassboxError):
    """The limit is reached. The text says what to wait for."""


class Slots:
    """A limited number of slots, with a queue for them.

    Args:
        per_visitor: How many slots one visitor may have or wait for.
        of_all: How many slots there are.
        own_taken: The words for a visitor who has all of theirs; they are told how many as `count`.
        all_taken: The words when no slot is free.
    """

    def __init__(self, per_visitor: int, of_all: int, *, own_taken: str, all_taken: str = "") -> None:
        self._per_visitor = per_visitor
        self._of_all = of_all
        self._own_taken = own_taken
        self._all_taken = all_taken
        self._line: list[Slot] = []  # in order of arrival; the first `of_all` are active, the others wait
        self._changed = asyncio.Event()

    @contextmanager
    def taken_by(self, visitor: str) -> Iterator[None]:
        """Hold a slot within a `with` block. Raises TooMany."""
        slot = self.take(visitor)
        try:
            yield
        finally:
            slot.leave()

    def take(self, visitor: str) -> "Slot":
        """Return a free slot, which must be left afterwards. Raises TooMany."""
        slot = self.queue(visitor)
        if slot.before:
            slot.leave()
            raise TooMany(words(self._all_taken))
        return slot

    def queue(self, visitor: str) -> "Slot":
        """Return a slot in the queue, to wait for and to leave. Raises TooMany if the visitor has all of theirs."""
        if sum(slot.visitor == visitor for slot in self._line) >= self._per_visitor:
            raise TooMany(words(self._own_taken, count=self._per_visitor))
        slot = Slot(self, visitor)
        self._line.append(slot)
        return slot

    def before(self, slot: "Slot") -> int:
        """Return how many slots have to be left before this one is free; 0 if it is."""
        return max(0, self._line.index(slot) - self._of_all + 1)

    def remove(self, slot: "Slot") -> None:
        """Remove a slot, so that the queue moves up."""
        if slot in self._line:
            self._line.remove(slot)
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def change(self) -> None:
        """Wait until a slot is left."""
        await self._changed.wait()


class Slot:
    """A slot of one visitor, or a place in the queue for one."""

    def __init__(self, slots: Slots, visitor: str) -> None:
        self.visitor = visitor
        self._slots = slots

    @property
    def before(self) -> int:
        """How many slots have to be left before this one is free; 0 if it is."""
        return self._slots.before(self)

    async def wait(self, tell: Callable[[int], None] = lambda before: None) -> None:
        """Wait until the slot is free.

        Args:
            tell: Called with the number of slots before it, whenever that changes.
        """
        told = 0
        while before := self.before:
            if before != told:
                told = before
                tell(before)
            await self._slots.change()

    def leave(self) -> None:
        """Leave the slot. Leaving it again has no effect."""
        self._slots.remove(self)
