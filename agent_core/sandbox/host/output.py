"""Collects what a step prints and displays, within bounds."""

import codecs

from agent_core.execution import CSV, VALUE, Display
from agent_core.sandbox.host import bundles
from agent_core.sandbox.host.terminal import SCREEN_CHARACTERS, Change, Terminal

KEPT = 20_000  # characters of the head and of the tail of a long output
MOST_STREAMED = 10 * KEPT  # characters that are streamed of output that is drawn again and again
MOST_DISPLAYS = 50
DISPLAYS_LIMIT = 32 * 2**20  # characters
TABLES_LIMIT = 8 * 2**20  # characters of the tables that can be downloaded
assert KEPT > 2 * SCREEN_CHARACTERS, "what is erased has to be in the tail of a long output"


class StepOutput:
    """What the code prints, as a terminal would show it: all of it, or its head and tail."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._terminal = Terminal()
        self._head = ""
        self._tail = ""
        self._left_out = 0
        self._streamed = 0

    def feed(self, data: bytes) -> Change | None:
        """Add the next bytes. Returns the change of the head to be streamed; None for none."""
        change = self._terminal.feed(self._decoder.decode(data))
        from_tail = min(change.erased, len(self._tail))
        from_head = change.erased - from_tail
        self._head = self._head[: len(self._head) - from_head]
        room = 0 if self._tail[from_tail:] else KEPT - len(self._head)
        shown, rest = change.added[:room], change.added[room:]
        self._head += shown
        tail = self._tail[: len(self._tail) - from_tail] + rest
        self._tail = tail[-KEPT:]
        self._left_out += len(tail) - len(self._tail)
        self._streamed += len(shown)
        streams = (shown or from_head) and self._streamed <= MOST_STREAMED
        return Change(from_head, shown) if streams else None

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
        self._tables_size = 0

    def add(self, data: dict[str, str]) -> Display | None:
        """Add a MIME bundle. Returns the display, the note that no more are shown, or None after that note."""
        if len(self._displays) > MOST_DISPLAYS or self._size > DISPLAYS_LIMIT:
            return None
        data = {mime: content for mime, content in data.items() if mime != VALUE}  # which only answers have
        self._tables_size += len(data.get(CSV, ""))
        if self._tables_size > TABLES_LIMIT:
            data = {mime: content for mime, content in data.items() if mime != CSV}
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
