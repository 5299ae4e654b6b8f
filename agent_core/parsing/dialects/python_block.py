"""Reading blocks: code, quotes, and those whose label does not tell."""

import re

from agent_core.parsing.call_syntax import Action, read_call, read_object
from agent_core.parsing.dialects import fence_lines
from agent_core.parsing.dialects.fence_lines import Fence
from agent_core.parsing.parser_state import Record
from agent_core.parsing.python_text import CodeScanner, first_call, is_program, is_python, parses, tidy


class Code:
    """A block that is an action by its fence's label or by its tag. It is shown as it comes."""

    def __init__(self, record: Record, marks: str, opening: str = "", label: str = "", first: str = "") -> None:
        self.record, self.marks, self.opening, self.label = record, marks, opening, label
        self.tagged = not marks
        self.scanner, self.text, self.shown = CodeScanner(), [], 0
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
            and fence_lines.closes(line, self.marks)
        ):
            self.quoted_fence = len(self.text)
        end = self.scanner.end_in(line)
        self._write(line if end is None else line[:end])
        if end is None:
            return len(line)
        self.close(line[end:])
        return len(line) if self.record.finished else end

    def end(self) -> None:
        code = "".join(self.text)
        if self.scanner.open_string and self.quoted_fence is not None and not parses(code):
            code = "".join(self.text[: self.quoted_fence])
        self._finish(code)

    def close(self, closing: str) -> None:
        """The block ends here. A draft in which it stood ends with it; a block of nothing is none."""
        self.record.state = None
        if fence_lines.LEAVES_DRAFT.match(closing) and not self.record.drafted:
            return
        self._finish("".join(self.text))

    def _finish(self, code: str) -> None:
        if code.strip():
            action = read_object(code) if code.lstrip().startswith(("{", "[")) and not is_python(tidy(code)) else None
            self.record.take_action(action.code if action else code)

    def _ended_by(self, line: str) -> int | None:
        """How much of a line is taken that ends the block by how it starts, or that is a fence inside a tag."""
        blank = not "".join(self.text).strip()
        fence = fence_lines.fence_in(line) if self.tagged else None
        if blank and fence is not None and not self.marks:
            self.marks = fence.marks
            if fence.first:
                self._write(fence.first + "\n")
                self.scanner.end_in(fence.first)
            return len(line)
        if fence_lines.closes(line, self.marks or "```"):
            self.close("")
            return len(line)
        if fence_lines.OBSERVATION.match(line) or fence_lines.LEAVES_DRAFT.match(line):
            self.close(line)
            return len(line) if self.record.finished else 0
        return None

    def _show_early(self, line: str, fresh: bool) -> int:
        if self.tagged and (end := re.search(r"</(?:\w+)>", line)) and not self.marks:
            return self._close_at_tag(line, end)
        new = line[self.shown :].rstrip("\r")
        if any(mark in new for mark in "`<[") or (not self.shown and _MAY_END.match(line)):
            return 0
        self.record.show("code", new)
        self.shown += len(new)
        return 0

    def _close_at_tag(self, line: str, end: re.Match[str]) -> int:
        """A closing tag ends the block before its line is complete, so that the stream can be cut there."""
        scanner = CodeScanner()
        scanner.open_string = self.scanner.open_string
        at = scanner.end_in(line[: end.end()])
        if (
            at is None
            or "#" in line
            or fence_lines.fence_in(line[:at])
            or _OPEN_QUOTE.search(_STRINGS.sub("", line[:at]))
        ):
            return 0
        self._write(line[:at])
        self.close(line[at:])
        return len(line) if self.record.finished else at

    def _write(self, text: str) -> None:
        self.text.append(text)
        self.record.show("code", text[self.shown :])
        self.shown = 0


_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_OPEN_QUOTE = re.compile("[\"']")
_MAY_END = re.compile(r"\s*(?:[~'>*]|[OET]\w*[ \w]*:?|$)")


_NESTING = ("html", "jinja", "rst", "mdx")


class Quote:
    """A fence whose label says that it is no Python."""

    def __init__(self, record: Record, fence: Fence) -> None:
        self.record, self.fence = record, fence

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole and fresh and re.match(r"\s*(?:[`~<>]|$)", line):
            return 0
        inner = fence_lines.fence_in(line) if fresh else None
        longer = len(self.fence.marks) > 3  # as it is where the quotation has fences of its own
        ends = inner is not None and inner.kind == "code" and not longer and self.fence.label not in _NESTING
        if fresh and (ends or fence_lines.LEAVES_DRAFT.match(line)):
            self.record.state = None
            return 0
        if fresh and inner is not None and not inner.label and fence_lines.closes(line, self.fence.marks):
            self.record.state = None
        self.record.say(line)
        return len(line)

    def end(self) -> None:
        pass


class Judged:
    """A fence without a label, or with one that says little: what it is shows when it is complete."""

    def __init__(self, record: Record, marks: str, opening: str = "", label: str = "", first: str = "") -> None:
        self.record, self.marks, self.opening, self.label = record, marks, opening, label
        self.scanner, self.text = CodeScanner(), [first] if first else []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if fence_lines.LEAVES_DRAFT.match(line):
            self._release("")
            return 0
        inner = fence_lines.fence_in(line)
        if not self.scanner.open_string or self.label:
            if inner is not None and inner.kind == "code" and self.label not in ("markdown", "md"):
                self._settle("")
                return len(line) if self.record.finished else 0
            if fence_lines.closes(line, self.marks) and (inner is None or not inner.label):
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

    def _settle(self, closing: str) -> None:
        action = self._judge("".join(self.text))
        if action is None or not self.record.accepts(action.code):
            self._release(closing)
        else:
            self.record.act(action)

    def _release(self, closing: str) -> None:
        self.record.say(self.opening + "".join(self.text) + closing)
        self.record.state = None

    def _judge(self, text: str) -> Action | None:
        code = tidy(text)
        if self.label in ("markdown", "md"):
            return Action(code) if is_program(code) and "```" not in text else None
        if self.label not in ("json", "json5", "jsonc", "xml") and is_python(code):
            return Action(first_call(code) or code)
        if code.startswith(("{", "[")):
            return read_object(code)
        marker = fence_lines.MARKER.match(code)
        if marker and marker["call"]:
            return read_call(fence_lines.call_end(marker[0]).split(code[marker.end() :])[0])
        return read_call(code) if self.label.startswith(("tool", "function")) or "<invoke" in code else None
