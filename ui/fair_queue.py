"""A fair queue: so many at once, and beyond that visitors take turns and are told for how long they wait."""

import asyncio
import heapq
import math
import statistics
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

from agent_core import GlassboxError
from ui.slots import TooMany
from ui.texts import words

LOOK_SECONDS = 1.0  # after which who waits looks how long it still is; each new number costs an update of a page
_LEARNT_FROM = 20  # the last ones that held a place
_STEPS = (10, 30, 60)  # seconds that a short wait is told in; longer ones are told in whole minutes


class Closed(GlassboxError):
    """Nothing begins any more, because the app ends. The text says so."""


class FairQueue:
    """A limited number of places, and a queue for them in which visitors take turns.

    A visitor's second waiting run comes after every other visitor's first, and of two visitors' firsts the one whose
    visitor has fewer places; else the order is that of arrival. Nobody has all places if there are several. Who gave up
    a place for a while comes before all others.

    Args:
        per_visitor: How many places one visitor may have or wait for.
        at_once: How many places there are.
        own_taken: The words for a visitor who has all of theirs; they are told how many as `count`.
    """

    def __init__(self, per_visitor: int, at_once: int, *, own_taken: str) -> None:
        self._per_visitor = per_visitor
        self._at_once = at_once
        self._own_taken = own_taken
        self._joined: Counter[str] = Counter()
        self._held: list[Place] = []
        self._waiting: list[Place] = []  # in order of arrival
        self._lasted: deque[float] = deque(maxlen=_LEARNT_FROM)
        self._line: list[Place] | None = None  # the waiting ones in their order; None if that may have changed
        self.is_closed = False

    @property
    def held(self) -> int:
        """How many places are held."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    def join(self, visitor: str) -> "Place":
        """Return a place, to wait for and to leave. Raises TooMany if the visitor has all of theirs, Closed."""
        if self.is_closed:
            raise Closed(words("input.ending"))
        if self._joined[visitor] >= self._per_visitor:
            raise TooMany(words(self._own_taken, count=self._per_visitor))
        self._joined[visitor] += 1
        place = Place(self, visitor)
        self.enqueue(place)
        return place

    def close(self) -> None:
        """Let nothing begin any more. What holds a place keeps it, and who gave one up gets one again."""
        self.is_closed = True

    def line(self) -> list["Place"]:
        """Return those that wait, the next one first."""
        if self._line is None:
            self._line = self._in_order()
        return self._line

    def seconds(self, number: int) -> int | None:
        """Return about how long the one with this number in the line still waits; None if nothing is known yet."""
        if not self._lasted or not self._held:
            return None
        usual = statistics.median(self._lasted)
        left = [max(usual - place.seconds_held, place.seconds_held / 4) for place in self._held]
        heapq.heapify(left)
        wait = 0.0
        for _ in range(number + max(0, len(self._held) - self._at_once)):
            wait = heapq.heappop(left)
            heapq.heappush(left, wait + usual)
        return next((step for step in _STEPS if wait <= step), math.ceil(wait / 60) * 60)

    # For the places

    def holds(self, place: "Place") -> bool:
        return place in self._held

    def waits(self, place: "Place") -> bool:
        return place in self._waiting

    def enqueue(self, place: "Place") -> None:
        """Have a place wait, unless it is free at once."""
        self._waiting.append(place)
        self._move()

    def hold(self, place: "Place") -> None:
        """Hold a place, also if none is free."""
        if self.waits(place):
            self._waiting.remove(place)
        self._held.append(place)
        self._line = None
        place.begin()

    def release(self, place: "Place") -> None:
        """Neither hold a place nor wait for it."""
        for places in (self._held, self._waiting):
            with suppress(ValueError):
                places.remove(place)
        self._move()

    def forget(self, place: "Place") -> None:
        """Have a place no more, and learn from it how long one is held."""
        self.release(place)
        self._joined -= Counter([place.visitor])  # which also forgets who has none
        if place.is_used:
            self._lasted.append(place.seconds_held)

    def _move(self) -> None:
        self._line = None
        while len(self._held) < self._at_once and (place := self._next()):
            self.hold(place)

    def _in_order(self) -> list["Place"]:
        held, earlier = Counter(place.visitor for place in self._held), Counter[str]()
        keys: dict[Place, tuple[bool, int, int]] = {}
        for place in self._waiting:
            keys[place] = not place.returns, earlier[place.visitor], held[place.visitor]
            earlier[place.visitor] += not place.returns
        return sorted(self._waiting, key=keys.__getitem__)

    def _next(self) -> "Place | None":
        held, most = Counter(place.visitor for place in self._held), max(1, self._at_once - 1)
        return next((place for place in self.line() if held[place.visitor] < most), None)


class Place:
    """A place of one visitor, or a place in the queue for one; see RunSlot."""

    def __init__(self, queue: FairQueue, visitor: str) -> None:
        self.visitor = visitor
        self.returns = False  # whether it was given up for a while
        self.is_used = False  # whether something began that was queued for it
        self._queue = queue
        self._is_left = False
        self._before_pause = 0.0
        self._since: float | None = None
        self._free = asyncio.Event()

    @property
    def before(self) -> int:
        """How many places have to be left before this one is free; 0 if it is."""
        return self._queue.line().index(self) + 1 if self._queue.waits(self) else 0

    @property
    def seconds_held(self) -> float:
        """For how long it was held."""
        return self._before_pause + (time.monotonic() - self._since if self._since is not None else 0.0)

    async def waiting(self) -> AsyncGenerator[tuple[int, int | None]]:
        """Wait until the place is free.

        Yields:
            How many places have to be left before, and about how many seconds that takes, None if that is not known:
            whenever one of them has changed.
        """
        if self._is_paused:
            self.returns = True
            self._queue.enqueue(self)
        told = None
        while before := self._number():
            now = before, self._queue.seconds(before)
            if now != told:
                told = now
                yield now
            with suppress(TimeoutError):
                await asyncio.wait_for(self._free.wait(), LOOK_SECONDS)
        self.is_used = True

    async def wait(self, tell: Callable[[int, int | None], None] = lambda before, seconds: None) -> None:
        """Wait until the place is free.

        Args:
            tell: Called with what `waiting` yields.
        """
        async with aclosing(self.waiting()) as news:
            async for before, seconds in news:
                tell(before, seconds)

    def pause(self) -> None:
        """Give the place up for a while. `wait` or `go_on` takes one again."""
        if self._queue.holds(self):
            self._end()
            self._queue.release(self)

    def go_on(self) -> None:
        """Take a place again at once, also if none is free."""
        if not self._is_left and not self._queue.holds(self):
            self._queue.hold(self)

    def leave(self) -> None:
        """Leave the place. Leaving it again has no effect."""
        if not self._is_left:
            self._is_left = True
            self._end()
            self._queue.forget(self)

    def begin(self) -> None:
        """Called when it is held."""
        self.returns, self._since = False, time.monotonic()
        self._free.set()

    def _number(self) -> int:
        """Return what `before` is. Raises Closed if nothing begins any more."""
        if self._queue.is_closed and not self.is_used:
            raise Closed(words("input.ending"))
        return self.before

    @property
    def _is_paused(self) -> bool:
        return not (self._is_left or self._queue.holds(self) or self._queue.waits(self))

    def _end(self) -> None:
        self._before_pause, self._since = self.seconds_held, None
        self._free.clear()
