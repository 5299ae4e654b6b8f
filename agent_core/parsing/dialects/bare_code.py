"""Reading what stands in no block: drafts, calls, JSON, and programs in the open."""

import re

from agent_core.parsing.call_syntax import Action, as_python, read_call, read_json, read_object
from agent_core.parsing.dialects import fence_lines
from agent_core.parsing.parser_state import Record
from agent_core.parsing.python_text import (
    CodeScanner,
    could_go_on,
    first_call,
    is_program,
    leading_program,
    starts_like_code,
    tidy,
)


class Draft:
    """A thinking block: what it says is no part of the reply."""

    def __init__(self, record: Record, ending: re.Pattern[str]) -> None:
        self.record, self.ending, self.text = record, ending, []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        found = self.ending.search(line)
        if found is not None:
            self.record.state = None
            return found.end()
        line = line if whole else fence_lines.without_partial(line)
        self.text.append(line)
        return len(line)

    def end(self) -> None:
        self.record.draft = "".join(self.text)


class Call:
    """A call between a model's own marks. name: of the tool, where the marks say it."""

    def __init__(self, record: Record, ending: re.Pattern[str], name: str = "", opening: str = "") -> None:
        self.record, self.ending, self.name, self.opening, self.text = record, ending, name, opening, []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        found = self.ending.search(line)
        if found is None:
            line = line if whole else fence_lines.without_partial(line)
            self.text.append(line)
            return len(line)
        self.text.append(line[: found.start()])
        self._settle(found[0])
        return found.end()

    def end(self) -> None:
        self._settle("")

    def _settle(self, closing: str) -> None:
        inner = text = "".join(self.text)
        if self.opening.startswith(("<function", "<invoke")):
            inner = self.opening + text
        elif not self.opening:
            inner = re.split(r"^Observation:", text, flags=re.MULTILINE)[0]
            inner = re.sub(r"^(\s*\w+)\.call\(", r"\1(", inner)  # how Llama calls its built-in tools
        self.record.state = None
        action = read_call(inner, self.name)
        if action is None:
            self.record.say(self.opening + text + closing)
        else:
            self.record.act(action)


class Json:
    """A JSON object or list: a call, or part of the answer."""

    def __init__(self, record: Record) -> None:
        self.record, self.text, self.depth, self.quote, self.broken = record, [], 0, "", False
        self.escaped = False

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        end = None if self.broken else self._end_in(line)
        self.text.append(line if end is None else line[:end])
        if end is None:
            return len(line)
        text = "".join(self.text)
        action = read_object(text)
        self.broken = action is None and read_json(text) is None and '"' in text
        if not self.broken:
            self._settle(action)
        return end

    def end(self) -> None:
        self._settle(read_object("".join(self.text)))

    def _settle(self, action: Action | None) -> None:
        self.record.state = None
        if action is None or not self.record.accepts(action.code):
            self.record.say("".join(self.text))
        else:
            self.record.act(action)

    def _end_in(self, line: str) -> int | None:
        """Where the outermost bracket closes."""
        for at, mark in enumerate(line):
            if self.quote:
                self.quote = self.quote if self.escaped or mark != self.quote else ""
                self.escaped = mark == "\\" and not self.escaped
            elif mark == '"':
                self.quote = mark
            elif mark in "{[":
                self.depth += 1
            elif mark in "}]":
                self.depth -= 1
                if self.depth <= 0:
                    return at + 1
        return None


class Bare:
    """Lines that look like a program standing in the open, or like a Python session."""

    def __init__(self, record: Record) -> None:
        self.record, self.text, self.scanner = record, [], CodeScanner()
        self.first = not record.says_something()
        self.only_comments = True  # which may as well be headings

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if not self.scanner.open_string and self.text and self._ended_by(line):
            return len(line) if self.record.finished else 0
        end = self.scanner.end_in(line)
        self.text.append(line if end is None else line[:end])
        self.only_comments = self.only_comments and (line.startswith("#") or not line.strip())
        if end is None:
            return len(line)
        self._settle()
        return end

    def end(self) -> None:
        self._settle(cut=True)

    def _ended_by(self, line: str) -> bool:
        fence = fence_lines.fence_in(line)
        marker = fence_lines.MARKER.match(line)
        if fence is not None and (fence.label or fence.first):
            self._settle(discard=True)
        elif fence is not None or fence_lines.OBSERVATION.match(line) or (marker and not marker["json"]):
            self._settle()
        elif self.only_comments and not self._goes_on(line):
            self._settle(discard=True)
        elif _PROSE.match(line) and not could_go_on(line) and not self._session():
            self._settle(discard=not self.first)
        else:
            return False
        return True

    def _goes_on(self, line: str) -> bool:
        return not line.strip() or starts_like_code(line)

    def _session(self) -> bool:
        return self.text[0].lstrip().startswith((">>>", "In"))

    def _settle(self, cut: bool = False, discard: bool = False) -> None:
        text = "".join(self.text)
        self.record.state = None
        code = tidy(text)
        code = first_call(code) or code
        if not discard and not is_program(code) and cut and self.first:
            code = leading_program(text)
        if discard or not is_program(code):
            self.record.say(text)
        else:
            self.record.act(Action(code))


_PROSE = re.compile(r"[A-Z\"“][\w'’-]*,? [\w'’-]+ [\w'’-]+|[^\x00-\x7f]|\*\*|[-*] |\d+[.)] ")


class React:
    """`Action: tool` and, on the next line, `Action Input: …`."""

    def __init__(self, record: Record, line: str) -> None:
        found = fence_lines.REACT.match(line)
        self.record, self.text, self.name = record, [line], found["name"] if found else ""
        self.marks = ""

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if len(self.text) == 1 and line.strip():
            if not fence_lines.REACT_INPUT.match(line):
                self._release()
                return 0
        elif fence_lines.OBSERVATION.match(line) or re.match(r"\s*\**Thought\**\s*:", line):
            self._settle()
            return len(line)
        fence = fence_lines.fence_in(line)
        self.text.append(line)
        if self.marks and fence and not fence.label:
            self._settle()
        elif fence:
            self.marks = fence.marks
        elif line.strip() and len(self.text) > 1 and not self.marks and "```" in line:
            self.marks = "```"
        return len(line)

    def end(self) -> None:
        self._settle()

    def _settle(self) -> None:
        given = fence_lines.REACT_INPUT.match("".join(self.text[1:]).strip("\n"))
        action = read_call(given["rest"], self.name) if given else None
        if action is None and given and (code := as_python(self.name, given["rest"].strip())):
            action = Action(code)
        if action is None:
            self._release()
        else:
            self.record.act(action)

    def _release(self) -> None:
        self.record.state = None
        self.record.say("".join(self.text))
