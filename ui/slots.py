"""Limits how much is in progress at a time, for one visitor and for all together; nobody waits. See fair_queue."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from agent_core import GlassboxError
from ui.texts import words


class TooMany(GlassboxError):
    """The limit is reached. The text says what to wait for."""


class Slots:
    """A limited number of slots.

    Args:
        per_visitor: How many slots one visitor may have.
        of_all: How many slots there are.
        own_taken: The words for a visitor who has all of theirs; they are told how many as `count`.
        all_taken: The words when no slot is free.
    """

    def __init__(self, per_visitor: int, of_all: float = math.inf, *, own_taken: str, all_taken: str = "") -> None:
        self._per_visitor = per_visitor
        self._of_all = of_all
        self._own_taken = own_taken
        self._all_taken = all_taken
        self._taken: Counter[str] = Counter()

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
        if self._taken[visitor] >= self._per_visitor:
            raise TooMany(words(self._own_taken, count=self._per_visitor))
        if self._taken.total() >= self._of_all:
            raise TooMany(words(self._all_taken))
        self._taken[visitor] += 1
        return Slot(self, visitor)

    def remove(self, slot: "Slot") -> None:
        """Have one slot less taken."""
        self._taken -= Counter([slot.visitor])  # which also forgets who has none


class Slot:
    """A slot of one visitor."""

    def __init__(self, slots: Slots, visitor: str) -> None:
        self.visitor = visitor
        self._slots = slots
        self._is_left = False

    def leave(self) -> None:
        """Leave the slot. Leaving it again has no effect."""
        if not self._is_left:
            self._is_left = True
            self._slots.remove(self)
