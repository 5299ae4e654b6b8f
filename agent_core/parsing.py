"""A model's reply → thought, code or answer, whole or while it streams.

A reply is prose, followed or not by one action: a Python block between fences or in a <code> tag. What stands after the
first complete action is dropped: a model that goes on writing there imagines the observation.
"""

import ast
import re
import textwrap
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(r"^ {0,3}(?P<marks>`{3,}|~{3,})[ \t]*(?P<label>[\w+-]*)[ \t]*$")
_CODE_LABELS = {"python", "py", "python3"}
_UNREADABLE = (ValueError, RecursionError, MemoryError)  # what ast.parse raises for code that is nested too deeply, too


@dataclass(frozen=True)
class Reply:
    """What a reply says.

    kind: "code" (an action to run), "answer" (prose alone) or "unclear" (nothing at all).
    """

    kind: Literal["code", "answer", "unclear"]
    thought: str = ""
    code: str = ""
    answer: str = ""
    call_id: str = ""

    @property
    def text(self) -> str:
        """The reply as it is remembered: the thought and the code in a fence, or the answer."""
        if self.kind != "code":
            return self.answer
        return f"{self.thought}\n```python\n{self.code}\n```".lstrip("\n")


@dataclass(frozen=True)
class Piece:
    """A stretch of a streaming reply: prose (thought or answer) or code."""

    kind: Literal["prose", "code"]
    text: str


def parse_reply(text: str) -> Reply:
    """Read a whole reply."""
    reader = ReplyReader()
    reader.feed(text)
    reader.close()
    return reader.reply()


class ReplyReader:
    """Reads a reply piece by piece: `feed` what arrives, `close` at its end, then ask for the `reply`.

    finished: the first action is complete; what still comes is not part of the reply.
    """

    def __init__(self) -> None:
        self.finished = False
        self._pieces: list[Piece] = []
        self._line = ""
        self._shown = 0  # how much of the unfinished line was handed out already
        self._block: _Block | None = None  # the fence or tag that is open; None: in prose

    def feed(self, text: str) -> list[Piece]:
        """Take the next text of the stream and return what it adds to the prose and to the code."""
        pieces: list[Piece] = []
        for part in text.splitlines(keepends=True):
            if self.finished:
                break
            self._line += part
            if self._line.endswith("\n"):
                pieces += self._take_line(self._line)
                self._line, self._shown = "", 0
            elif self._may_be_shown():
                pieces += self._take_text(self._line[self._shown :])
                self._shown = len(self._line)
        self._pieces += pieces
        return pieces

    def feed_call(self, delta: object) -> list[Piece]:
        raise NotImplementedError

    def close(self) -> list[Piece]:
        """The stream is over: a line or a block that was left open ends here."""
        pieces = self._take_line(self._line) if self._shown < len(self._line) and not self.finished else []
        self._line, self._shown = "", 0
        if self._block is not None:
            pieces += self._end_block("")
        self._pieces += pieces
        return pieces

    def reply(self) -> Reply:
        """What was read so far, as a Reply."""
        prose = "".join(piece.text for piece in self._pieces if piece.kind == "prose").strip()
        code = "".join(piece.text for piece in self._pieces if piece.kind == "code").strip("\n")
        if code.startswith((" ", "\t")):  # the block stands indented in its reply
            code = textwrap.dedent(code)
        if code.strip():
            return Reply("code", thought=prose, code=code)
        return Reply("answer", answer=prose) if prose else Reply("unclear")

    def _may_be_shown(self) -> bool:
        """Whether the unfinished line can no longer turn out to be a fence or a tag."""
        if self._block is not None and (self._block.kind == "unlabelled" or self._block.end is _CLOSING_TAG):
            return False
        start = self._line.lstrip()
        return self._shown > 0 or (start != "" and start[0] not in "`~<")

    def _take_line(self, line: str) -> list[Piece]:
        if self._shown:
            return self._take_text(line[self._shown :])
        if self._block is None:
            return self._take_prose_line(line)
        closing = self._block.end.search(line.rstrip("\r\n"))
        if closing is None or (self._block.kind == "code" and _in_open_string(self._block.text)):
            return self._take_text(line)
        before = self._take_text(line[: closing.start()]) if closing.start() else []
        return before + self._end_block(line)

    def _take_prose_line(self, line: str) -> list[Piece]:
        self._block = _opened_by(line)
        if self._block is None or self._block.kind == "quote":
            return [Piece("prose", line)]
        rest = line.split("<code>", 1)[1] if self._block.end is _CLOSING_TAG else ""
        return self._take_line(rest) if rest.strip() else []

    def _take_text(self, text: str) -> list[Piece]:
        if self._block is None:
            return [Piece("prose", text)]
        self._block.text += text
        return {"code": [Piece("code", text)], "quote": [Piece("prose", text)], "unlabelled": []}[self._block.kind]

    def _end_block(self, closing_line: str) -> list[Piece]:
        assert self._block is not None
        block, self._block = self._block, None
        if block.kind == "quote":
            return [Piece("prose", closing_line)]
        if block.kind == "unlabelled" and not _is_python(block.text):
            return [Piece("prose", block.opening + block.text + closing_line)]
        self.finished = bool(block.text.strip())
        return [Piece("code", block.text)] if block.kind == "unlabelled" else []


@dataclass
class _Block:
    """An open fence or tag. kind: Python by its label, a quote by its label, or to be judged when it is complete."""

    kind: Literal["code", "quote", "unlabelled"]
    opening: str
    end: re.Pattern[str]
    text: str = ""


def _opened_by(line: str) -> _Block | None:
    """The block that this line of prose opens, if it does."""
    if line.lstrip().startswith("<code>"):
        return _Block("code", line, _CLOSING_TAG)
    fence = _FENCE.match(line.rstrip("\r\n"))
    if fence is None:
        return None
    marks, label = fence["marks"], fence["label"].lower()
    kind = "unlabelled" if not label else "code" if label in _CODE_LABELS else "quote"
    return _Block(kind, line, re.compile(rf"^\s*{marks[0]}{{{len(marks)},}}\s*$"))


_CLOSING_TAG = re.compile(r"</code>")


def _is_python(text: str) -> bool:
    """Whether an unlabelled block is a program, and not some quoted words or numbers."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, *_UNREADABLE):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call | ast.Await) for node in body)


def _in_open_string(code: str) -> bool:
    """Whether the code breaks off inside a triple-quoted string, where a fence is only text."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        return "unterminated triple-quoted" in (error.msg or "")
    except _UNREADABLE:
        return False
    return False
