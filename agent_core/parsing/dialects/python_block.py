"""Python that a fence's label or a tag marks as such. It is an action, and shown while it streams."""

import re

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.code_scanner import CodeScanner
from agent_core.parsing.dialects.fence_lines import closes_fence, fence_in
from agent_core.parsing.dialects.observations import OBSERVATION
from agent_core.parsing.dialects.thinking import LEAVES_DRAFT
from agent_core.parsing.json_objects import read_object
from agent_core.parsing.parser_state import ParserState
from agent_core.parsing.python_text import is_python, parses
from agent_core.parsing.tidy import tidy


class PythonBlock:
    """Python in a fence or between tags.

    Args:
        parser: What was read so far.
        marks: The marks of the fence; "" if a tag opened the block.
        first: The code on the opening line.
    """

    def __init__(self, parser: ParserState, marks: str, first: str = "") -> None:
        self.parser, self.marks = parser, marks
        self.tagged = not marks
        self.scanner = CodeScanner()
        self.text: list[str] = []
        self.shown = 0  # characters of the line that comes
        self.quoted_fence: int | None = None  # the line at which the code ends if its open string is a mistake
        if first:
            self._write(first + "\n")
            self.scanner.end_in(first)

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return self._show_early(line, fresh)
        if not self.scanner.open_string and (used := self._ended_by(line)) is not None:
            return used
        if (
            self.scanner.open_string
            and fresh
            and self.marks
            and self.quoted_fence is None
            and closes_fence(line, self.marks)
        ):
            self.quoted_fence = len(self.text)
        end = self.scanner.end_in(line)
        self._write(line if end is None else line[:end])
        if end is None:
            return len(line)
        self.close(line[end:])
        return len(line) if self.parser.finished else end

    def end(self) -> None:
        code = "".join(self.text)
        if self.scanner.open_string and self.quoted_fence is not None and not parses(code):
            code = "".join(self.text[: self.quoted_fence])
        self._finish(code)

    def close(self, closing: str) -> None:
        """End the block, and a draft around it. An empty block does not count."""
        self.parser.open_block = None
        if LEAVES_DRAFT.match(closing) and not self.parser.drafted:
            return
        self._finish("".join(self.text))

    def _finish(self, code: str) -> None:
        if code.strip():
            action = read_object(code) if code.lstrip().startswith(("{", "[")) and not is_python(tidy(code)) else None
            self.parser.take_action(action or Action(code))

    def _ended_by(self, line: str) -> int | None:
        """Read a line that ends the block by how it starts, or that is a fence inside a tag.

        Returns:
            How many characters were read; None for any other line.
        """
        blank = not "".join(self.text).strip()
        fence = fence_in(line) if self.tagged else None
        if blank and fence is not None and not self.marks:
            self.marks = fence.marks
            if fence.first:
                self._write(fence.first + "\n")
                self.scanner.end_in(fence.first)
            return len(line)
        if closes_fence(line, self.marks or "```"):
            self.close("")
            return len(line)
        if OBSERVATION.match(line) or LEAVES_DRAFT.match(line):
            self.close(line)
            return len(line) if self.parser.finished else 0
        return None

    def _show_early(self, line: str, fresh: bool) -> int:
        if self.tagged and (end := re.search(r"</(?:\w+)>", line)) and not self.marks:
            return self._close_at_tag(line, end)
        new = line[self.shown :].rstrip("\r")
        if any(mark in new for mark in "`<[") or (not self.shown and _MAY_END.match(line)):
            return 0
        self.parser.show("code", new)
        self.shown += len(new)
        return 0

    def _close_at_tag(self, line: str, end: re.Match[str]) -> int:
        """Read a closing tag, which ends the block before its line is complete, so that the stream can stop there.

        Returns:
            How many characters were read.
        """
        scanner = CodeScanner()
        scanner.open_string = self.scanner.open_string
        at = scanner.end_in(line[: end.end()])
        if at is None or "#" in line or fence_in(line[:at]) or _OPEN_QUOTE.search(_STRINGS.sub("", line[:at])):
            return 0
        self._write(line[:at])
        self.close(line[at:])
        return len(line) if self.parser.finished else at

    def _write(self, text: str) -> None:
        self.text.append(text)
        self.parser.show("code", text[self.shown :])
        self.shown = 0


_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_OPEN_QUOTE = re.compile("[\"']")
_MAY_END = re.compile(r"\s*(?:[~'>*]|[OET]\w*[ \w]*:?|$)")
