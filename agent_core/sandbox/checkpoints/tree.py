"""Which checkpoint of a chat came from which."""

from collections.abc import Iterable, Iterator, Mapping


class CheckpointTree:
    """The checkpoints' numbers. A step after a rewind begins a branch; on each, numbers only grow.

    Attributes:
        now: The checkpoint that the chat stands at.
        last: The highest number that was ever given. None is given twice; 0 is the start.
        parents: Of each checkpoint but 0, the one before it.
        turn_ends: The checkpoints that turns ended with.
    """

    def __init__(self) -> None:
        self.now = 0
        self.last = 0
        self.parents: dict[int, int] = {}
        self.turn_ends: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number == 0 or number in self.parents

    @property
    def numbers(self) -> list[int]:
        """All checkpoints, the oldest first."""
        return [0, *sorted(self.parents)]

    def add(self, number: int | None = None) -> int:
        """Add a checkpoint after `now`, and stand at it.

        Args:
            number: Its number; None for the next one that is free.
        """
        number = self.last + 1 if number is None else number
        self.parents[number] = self.now
        self.now, self.last = number, max(number, self.last)
        return number

    def line(self, number: int) -> Iterator[int]:
        """Yield a checkpoint and those that it came from, back to the start."""
        while number:
            yield number
            number = self.parents[number]
        yield 0

    def drop_after(self, number: int) -> set[int]:
        """Remove all that came from a checkpoint, on every branch, and stand at it. Returns what was removed."""
        dropped: set[int] = set()
        for later in sorted(self.parents):  # parents come before their children
            if self.parents[later] == number or self.parents[later] in dropped:
                dropped.add(later)
        self.parents = {later: parent for later, parent in self.parents.items() if later not in dropped}
        self.turn_ends -= dropped
        self.now = number
        return dropped

    @property
    def tips(self) -> set[int]:
        """The newest checkpoint of each branch, and `now`."""
        return {*self.numbers} - {*self.parents.values()} | {self.now}

    def within_last_turns(self) -> set[int]:
        """Return the ends of turns, and on each branch what came after the last of them."""
        older: set[int] = set()
        for end in self.turn_ends - {0}:
            for number in self.line(self.parents[end]):
                if number in older:
                    break
                older.add(number)
        return {*self.numbers} - older | self.turn_ends

    def most_needed(self, numbers: Iterable[int], most: int) -> set[int]:
        """Choose of some checkpoints: first `now`, then the newest of each branch, then the newest of all."""
        tips = self.tips
        ranked = sorted(numbers, key=lambda number: (number == self.now, number in tips, number), reverse=True)
        return {*ranked[:most]}

    @classmethod
    def of(cls, *, now: int, last: int, parents: Mapping[int, int], turn_ends: Iterable[int]) -> "CheckpointTree":
        """Make a tree of what was stored. Raises ValueError if it is none."""
        tree = cls()
        tree.parents, tree.turn_ends = dict(parents), set(turn_ends)
        tree.now, tree.last = now, last
        whole = all(parent < number <= last and parent in tree for number, parent in parents.items())
        if not whole or not all(number in tree for number in (now, *turn_ends)):
            raise ValueError("These checkpoints do not make a tree.")
        return tree
