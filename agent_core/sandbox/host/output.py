"""Collects what a step prints and displays, within bounds."""

import codecs

from agent_core.execution import Display
from agent_core.sandbox.host import bundles

KEPT = 20_000  # characters of the head and of the tail of a long output
MOST_DISPLAYS = 50
DISPLAYS_LIMIT = 32 * 2**20  # characters


class StepOutput:
    """What the code prints: all of it, or its head and tail."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = ""
        self._tail = ""
        self._left_out = 0

    def feed(self, data: bytes) -> str:
        """Add the next bytes. Returns the part of their text that belongs to the head."""
        text = self._decoder.decode(data)
        room = KEPT - len(self._head)
        shown, rest = text[:room], text[room:]
        self._head += shown
        tail = self._tail + rest
        self._tail = tail[-KEPT:]
        self._left_out += len(tail) - len(self._tail)
        return shown

    def text(self) -> str:
        if not self._left_out:
            return self._head + self._tail
        return f"{self._head}\n… {self._left_out:,} characters left out …\n{self._tail}"


class StepDisplays:
    """The displays of a step, as many as a page can show.

    Attributes:
        problems: What could not be shown, in one sentence each.
        count: How many displays there are.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._displays: list[Display] = []
        self._size = 0

    def add(self, data: dict[str, str]) -> Display | None:
        """Add a MIME bundle. Returns the display, the note that no more are shown, or None after that note."""
        if len(self._displays) > MOST_DISPLAYS or self._size > DISPLAYS_LIMIT:
            return None
        self._size += sum(map(len, data.values()))
        if len(self._displays) == MOST_DISPLAYS or self._size > DISPLAYS_LIMIT:
            data = {"text/plain": f"This step displays more than can be shown. Only the first {self.count} are shown."}
        self._displays.append(self.checked(data))
        return self._displays[-1]

    def checked(self, data: dict[str, str]) -> Display:
        """Return the parts of a MIME bundle that can be shown."""
        data, problem = bundles.check(data)
        if problem and problem not in self.problems:
            self.problems.append(problem)
        return Display(data)

    @property
    def count(self) -> int:
        return len(self._displays)

    def all(self) -> tuple[Display, ...]:
        return tuple(self._displays)
