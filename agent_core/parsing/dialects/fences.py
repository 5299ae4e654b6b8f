"""Fences, with or without a label."""

import re

from agent_core.parsing.call_syntax import read_call
from agent_core.parsing.call_to_python import Action
from agent_core.parsing.code_scanner import CodeScanner
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.call_marks import read_marked_call
from agent_core.parsing.dialects.fence_lines import Fence, closes_fence, fence_in
from agent_core.parsing.dialects.python_block import PythonBlock
from agent_core.parsing.dialects.thinking import LEAVES_DRAFT
from agent_core.parsing.json_objects import is_unclosed_call, read_object
from agent_core.parsing.parser_state import ParserState
from agent_core.parsing.python_text import first_call, is_program, is_python
from agent_core.parsing.tidy import tidy


class Fences(Dialect):
    """A fence on a line of its own."""

    partial_mark = r"`{2,}[^`\n]*$|`$"
    line_start = r"\s*(?:[-*+>]|\d+[.)]?)?\s*$|\s*(?:(?:[-*+>]|\d+[.)])\s+)?(?:`{1,2}$|`{3}|~|'{1,3}(?:$|p))"

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        fence = fence_in(line) if whole else None
        if fence is None:
            return None
        if fence.closed:
            _read_closed(parser, fence, line)
        elif fence.kind == "code":
            parser.open_block = PythonBlock(parser, fence.marks, fence.first)
        elif fence.kind == "quote":
            parser.say(line)
            parser.open_block = QuotedBlock(parser, fence)
        else:
            parser.open_block = UnlabelledBlock(parser, fence, line)
        return len(line)


def _read_closed(parser: ParserState, fence: Fence, line: str) -> None:
    """Read a fence that opens and closes on one line."""
    code = tidy(fence.first)
    if code and (fence.label or is_python(code)):
        parser.act(Action(code))
    else:
        parser.say(line)


_NESTING = ("html", "jinja", "rst", "mdx")


class QuotedBlock:
    """A fence whose label says that it does not hold Python."""

    def __init__(self, parser: ParserState, fence: Fence) -> None:
        self.parser, self.fence = parser, fence

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole and fresh and re.match(r"\s*(?:[`~<>]|$)", line):
            return 0
        inner = fence_in(line) if fresh else None
        longer = len(self.fence.marks) > 3  # as it is where the quotation has fences of its own
        ends = inner is not None and inner.kind == "code" and not longer and self.fence.label not in _NESTING
        if fresh and (ends or LEAVES_DRAFT.match(line)):
            self.parser.open_block = None
            return 0
        if fresh and inner is not None and not inner.label and closes_fence(line, self.fence.marks):
            self.parser.open_block = None
        self.parser.say(line)
        return len(line)

    def end(self) -> None:
        pass


class UnlabelledBlock:
    """A fence without a label, or with a vague one, whose content is judged when it is complete."""

    def __init__(self, parser: ParserState, fence: Fence, opening: str) -> None:
        self.parser, self.marks, self.label, self.opening = parser, fence.marks, fence.label, opening
        self.scanner, self.text = CodeScanner(), [fence.first] if fence.first else []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if LEAVES_DRAFT.match(line):
            self._release("")
            return 0
        inner = fence_in(line)
        if not self.scanner.open_string or self.label:
            if inner is not None and inner.kind == "code" and self.label not in ("markdown", "md"):
                self._settle("")
                return len(line) if self.parser.finished else 0
            if closes_fence(line, self.marks) and (inner is None or not inner.label):
                self._settle(line)
                return len(line)
        end = None if self.label else self.scanner.end_in(line)
        self.text.append(line if end is None else line[:end])
        if end is not None and is_python(tidy("".join(self.text))):
            self._settle(line)
        elif end is not None:
            self.text[-1] = line
        return len(line)

    def end(self) -> None:
        self._settle("")
        self.parser.unclosed = not self.parser.finished and is_unclosed_call("".join(self.text))

    def _settle(self, closing: str) -> None:
        action = self._judge("".join(self.text))
        if action is None or not self.parser.accepts(action):
            self._release(closing)
        else:
            self.parser.act(action)

    def _release(self, closing: str) -> None:
        self.parser.say(self.opening + "".join(self.text) + closing)
        self.parser.open_block = None

    def _judge(self, text: str) -> Action | None:
        code = tidy(text)
        if self.label in ("markdown", "md"):
            return Action(code) if is_program(code) and "```" not in text else None
        if self.label not in ("json", "json5", "jsonc", "xml") and is_python(code):
            return Action(first_call(code) or code)
        if code.startswith(("{", "[")):
            return read_object(code)
        marked, action = read_marked_call(code)
        if marked:
            return action
        return read_call(code) if self.label.startswith(("tool", "function")) or "<invoke" in code else None
