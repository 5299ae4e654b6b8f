"""What a terminal would show of a text: progress bars redraw themselves, and colours are not codes.

Carriage returns, backspaces and the ANSI codes that move the cursor or erase are carried out. Other codes, such as
those for colours, are dropped.
"""

import re
from dataclasses import dataclass, field
from itertools import zip_longest

SCREEN_LINES = 40  # the last lines, which can still change; earlier ones are settled
SCREEN_CHARACTERS = 8_000  # of these lines together
_WIDEST = 2_000  # columns that a code can move the cursor to
_LONGEST_CODE = 200  # characters of a code; what is longer is not one
_MOST_TOKENS = 300_000  # that are carried out for one text, so that no code can keep the app busy
_ENDS_INSIDE_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_STRING = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a link, or a title of the window
_CODE = re.compile(rf"\x1b\[[0-?]*[ -/]*[@-~]|{_STRING}|\x1b[ -/]*[0-Z\\^-~]|[\x07\x1b]")
_TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-?]*)(?P<action>[A-HJKf])"
    rf"|{_CODE.pattern}|(?P<control>[\r\n\b])|(?P<text>[^\x07\b\r\n\x1b]+)"
)
_EARLIER_FRAMES = re.compile(r"[^\n]*\r|[\b]")


def plain(text: str) -> str:
    """Return a text without ANSI codes."""
    return _CODE.sub("", text)


@dataclass
class Change:
    """How the shown text changes: at its end, so many characters go, and then these come."""

    erased: int
    added: str


@dataclass
class _Line:
    characters: list[str] = field(default_factory=list)
    redrawn: bool = False

    def write(self, text: str, column: int) -> None:
        self.redrawn = self.redrawn or column < len(self.characters)
        self.characters += " " * (column - len(self.characters))
        self.characters[column : column + len(text)] = text

    def __str__(self) -> str:
        text = "".join(self.characters)
        return text.rstrip() if self.redrawn else text  # bars overwrite what is left of longer ones with spaces


class Terminal:
    """Shows a text that comes in pieces. Only its last lines can still change."""

    def __init__(self) -> None:
        self._lines = [_Line()]
        self._row = 0
        self._column = 0
        self._unfinished = ""  # the beginning of a code whose end has not come yet
        self._tokens = 0

    def feed(self, text: str) -> Change:
        """Add the next piece. Returns how what is shown changes."""
        text = self._unfinished + text
        code = _ENDS_INSIDE_CODE.search(text, max(0, len(text) - _LONGEST_CODE))
        self._unfinished = code[0] if code else ""
        text = text.removesuffix(self._unfinished).replace("\r\n", "\n")
        if self._tokens > _MOST_TOKENS:
            text = _EARLIER_FRAMES.sub("", plain(text))
        if self._is_at_end and not re.search(r"[\x07\b\r\x1b]", text):
            self._append(text)
            return Change(0, text)
        before = str(self)
        for token in _TOKEN.finditer(text):
            self._tokens += 1
            self._carry_out(token)
        after = str(self)
        same = _common(before, after)
        self._settle()
        return Change(len(before) - same, after[same:])

    def __str__(self) -> str:
        return "\n".join(map(str, self._lines))

    @property
    def _is_at_end(self) -> bool:
        last = self._lines[-1]
        return self._row == len(self._lines) - 1 and self._column == len(last.characters) and not last.redrawn

    def _append(self, text: str) -> None:
        if len(text) > SCREEN_CHARACTERS:
            self._lines, text = [_Line()], text[-SCREEN_CHARACTERS:]
        first, *others = text.split("\n")
        self._lines[-1].characters += first
        self._lines += [_Line(list(line)) for line in others]
        self._row, self._column = len(self._lines) - 1, len(self._lines[-1].characters)
        self._settle()

    def _settle(self) -> None:
        """Forget the lines, and the part of a very long line, that shall not change any more."""
        rows = len(self._lines)
        del self._lines[:-SCREEN_LINES]
        size = sum(len(line.characters) for line in self._lines)
        while len(self._lines) > 1 and size > SCREEN_CHARACTERS:
            size -= len(self._lines.pop(0).characters)
        self._row = max(0, self._row - rows + len(self._lines))
        if size > SCREEN_CHARACTERS:
            excess = size - SCREEN_CHARACTERS // 2
            del self._lines[0].characters[:excess]
            self._column = max(0, self._column - excess)

    def _carry_out(self, token: re.Match[str]) -> None:
        if text := token["text"]:
            self._lines[self._row].write(text, self._column)
            self._column += len(text)
        elif control := token["control"]:
            self._control(control)
        elif action := token["action"]:
            self._act(action, *(int(number[:6]) if number.isdigit() else 0 for number in token["numbers"].split(";")))

    def _control(self, control: str) -> None:
        match control:
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(0, self._column - 1)
            case _:
                self._row, self._column = self._row + 1, 0
                if self._row == len(self._lines):
                    self._lines.append(_Line())

    def _act(self, action: str, first: int, second: int = 1, *_: int) -> None:
        """Carry out a code that moves the cursor or erases. A number that is not given is 0."""
        match action:
            case "A" | "F":
                self._move(self._row - max(1, first), 0 if action == "F" else self._column)
            case "B" | "E":
                self._move(self._row + max(1, first), 0 if action == "E" else self._column)
            case "C":
                self._move(self._row, self._column + max(1, first))
            case "D":
                self._move(self._row, self._column - max(1, first))
            case "G":
                self._move(self._row, first - 1)
            case "H" | "f":
                self._move(first - 1, second - 1)
            case "K":
                self._erase_line(first)
            case "J":
                self._erase_screen(first)

    def _move(self, row: int, column: int) -> None:
        self._row = min(max(0, row), len(self._lines) - 1)
        self._column = max(0, min(column, max(self._column, _WIDEST)))

    def _erase_line(self, part: int) -> None:
        line = self._lines[self._row]
        line.redrawn = True
        if part == 1:
            line.characters[: self._column] = " " * min(self._column, len(line.characters))
        else:
            del line.characters[0 if part == 2 else self._column :]

    def _erase_screen(self, part: int) -> None:
        if part == 0:
            self._erase_line(0)
            del self._lines[self._row + 1 :]
        elif part in (2, 3):
            self._lines = [_Line()]
            self._row = 0


def _common(before: str, after: str) -> int:
    """Return how many characters at their beginnings are the same."""
    if after.startswith(before):
        return len(before)
    return next(index for index, pair in enumerate(zip_longest(before, after)) if pair[0] != pair[1])
