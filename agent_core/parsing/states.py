"""Where in a reply its reader is: in prose, in code, in a quote, in a draft, or in something that is not yet clear.

Each state takes the text of a line, as far as it has come, and says how much of it is done with. What it decides about the
beginning of a line must not depend on how much of the line has come: it takes nothing while that could still change.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

from agent_core.parsing import markers
from agent_core.parsing.calls import Action, as_python, read_call, read_json, read_object
from agent_core.parsing.markers import Fence
from agent_core.parsing.python_text import (
    CodeScanner,
    could_go_on,
    first_call,
    is_program,
    is_python,
    leading_program,
    parses,
    starts_like_code,
    tidy,
)
from agent_core.parsing.reply import Piece


class State(Protocol):
    def take(self, line: str, fresh: bool, whole: bool) -> int:
        """How much of the line is done with. fresh: it starts at the line's start. whole: nothing more comes on it."""
        ...

    def end(self) -> None:
        """The reply is over."""
        ...


@dataclass
class Record:
    """What was read so far, and the state that reads on.

    prose, code: as they were written. draft: of a thinking block that is still open. drafted: there was one.
    """

    prose: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    draft: str = ""
    drafted: bool = False
    recipient: str = ""
    finished: bool = False
    pieces: list[Piece] = field(default_factory=list)
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = Prose(self)

    def say(self, text: str, shown: int = 0) -> None:
        self.prose.append(text)
        self.show("prose", text[shown:])

    def show(self, kind: str, text: str) -> None:
        if text:
            self.pieces.append(Piece("code" if kind == "code" else "prose", text))

    def act(self, action: Action) -> None:
        """The action is complete."""
        if action.thought:
            self.say(action.thought)
        self.code.append(action.code)
        self.show("code", action.code)
        self.finished = True

    def says_something(self) -> bool:
        return any(text.strip() for text in self.prose)


class Prose:
    """The thought or the answer."""

    def __init__(self, record: Record) -> None:
        self.record, self.shown = record, 0

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if fresh and not whole and _MAY_START.match(line):
            return 0
        if fresh and (state := self._opened_by(line, whole)):
            self.record.state, used = state
            return used
        marker, partial = markers.MARKER.search(line), None if whole else markers.PARTIAL.search(line)
        if marker and (partial is None or marker.start() < partial.start()):
            if marker.start():
                self._say(line[: marker.start()])
                return marker.start()
            return self._take_marker(marker, line, fresh, whole)
        if whole and (opened := markers.fence_at_end(line)):
            self._say(line[: opened[0]])
            self.record.state = Code(self.record, opened[1].marks)
            return len(line)
        cut = partial.start() if partial else len(line)
        if cut:
            self._say(line[:cut])
        if line[cut:] == "`" and not self.shown:  # mostly a word in code, which need not wait
            self.record.show("prose", "`")
            self.shown = 1
        return cut

    def end(self) -> None:
        pass

    def _say(self, text: str) -> None:
        self.record.say(text, self.shown)
        self.shown = 0

    def _opened_by(self, line: str, whole: bool) -> tuple[State, int] | None:
        """The state that a line opens by how it starts, and how much of the line it has taken."""
        if re.match(r"\s*(?:\{|\[\s*\{)", line) or (whole and line.strip() == "["):
            return Json(self.record), 0
        if not whole:
            return None
        fence = markers.fence_in(line)
        if fence is not None:
            return self._fenced(fence, line), len(line)
        if markers.REACT.match(line):
            return React(self.record, line), len(line)
        if re.match(r"\s*\**Action\**\s*:\**\s*[\w.]+\(.*\)\s*$", line):
            return Bare(self.record), line.index(":") + 1
        if starts_like_code(line[: CodeScanner().end_in(line)]) or re.match(r">>> |In ?\[\d*\]:|\[[a-z_]\w*\(.*\)\]\s*$", line):
            return Bare(self.record), 0
        return None

    def _fenced(self, fence: Fence, line: str) -> State:
        if fence.closed and (code := tidy(fence.first)) and (fence.label or is_python(code)):
            self.record.act(Action(code))
            return self
        if fence.closed:
            self.record.say(line)
            return self
        if fence.kind == "quote":
            self.record.say(line)
            return Quote(self.record, fence)
        return (Code if fence.kind == "code" else Judged)(self.record, fence.marks, line, fence.label, fence.first)

    def _take_marker(self, marker: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        record, kind = self.record, marker.lastgroup
        if marker["json"]:
            record.state = Json(record)
            return 0
        if marker["tag"]:
            return self._take_tag(marker, line, fresh, whole)
        if marker["draft"]:
            record.drafted, record.state = True, Draft(record, markers.DRAFT_END)
        elif marker["draft_end"]:
            self._leave_draft()
        elif marker["python_tag"]:
            record.state = Call(record, markers.PYTHON_TAG_END)
        elif marker["call"]:
            record.state = Call(record, markers.call_end(marker[0]), opening=marker[0])
        elif marker["channel"] or marker["plain_channel"]:
            self._open_channel(marker)
        elif marker["start"]:
            to = re.search(r"to=([\w.]+)", marker[0])
            record.recipient = to[1] if to else ""
        elif marker["over"]:
            record.finished = record.says_something()
        assert kind, "one of the groups matched"
        return marker.end()

    def _take_tag(self, marker: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        """<code>: an action, or a word of the prose that is set in it."""
        if not fresh:
            if not whole:
                return 0
            inline = re.match(r"(.*?)</\w+>(.*)", line[marker.end() :], re.DOTALL)
            if inline and not (is_python(tidy(inline[1])) and not re.sub(r"<[^>]*>", "", inline[2]).strip(" .\n")):
                end = marker.end() + inline.end(1)
                self.record.say(line[:end] + re.findall(r"\A</\w+>", line[end:])[0])
                return end + len(re.findall(r"\A</\w+>", line[end:])[0])
        self.record.state = Code(self.record, "", marker[0])
        return marker.end()

    def _leave_draft(self) -> None:
        """All that was said before was a draft, unless it was opened and closed as one already."""
        if not self.record.drafted:
            self.record.prose.clear()
            self.record.drafted = True

    def _open_channel(self, marker: re.Match[str]) -> None:
        record = self.record
        if marker["channel"]:
            to = re.search(r"to=([\w.]+)", marker["header"])
            name, final = to[1] if to else record.recipient, "final" in marker["header"]
            draft = "analysis" in marker["header"]
        else:
            name, final, draft = marker["plain_to"], "final" in marker[0], marker[0] == "analysis"
        record.recipient = ""
        if name and name not in ("user", "assistant"):
            record.state = Call(record, markers.CALL_END, name)
        elif draft:
            record.drafted, record.state = True, Draft(record, markers.CHANNEL_END)
        elif final:
            record.prose.clear()


# A beginning of a line that may still turn out to be more than prose: a fence, a list's mark before one, a call, or code.
_MAY_START = re.compile(
    r"""\s*(?:[-*+>]|\d+[.)]?)?\s*$|\s*(?:(?:[-*+>]|\d+[.)])\s+)?(?:`{1,2}$|`{3}|~|'{1,3}(?:$|p))|\s*\[(?:\s*$|[a-z_])
    |\*{1,2}$|\**(?i:a|ac|act|acti|actio|action|action[ _*:][^\n]*)$|\#|@|>>|In\ ?\[
    |(?:import|from|def|class|for|while|if|with|async|await|try)\b
    |[A-Za-z_][\w.]*$|[A-Za-z_][\w.]*\(|[A-Za-z_][\w.]*(?:\[[^\]]*\]?)?(?:,\ *\w*)*\ *(?::\ *[\w.\[\]]*\ *)?[-+*/|&]?(?:=|$)""",
    re.VERBOSE,
)


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
        if self.scanner.open_string and fresh and self.marks and self.quoted_fence is None and markers.closes(line, self.marks):
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
        self.record.state = Prose(self.record)
        if markers.LEAVES_DRAFT.match(closing) and not self.record.drafted:
            return
        self._finish("".join(self.text))

    def _finish(self, code: str) -> None:
        if code.strip():
            action = read_object(code) if code.lstrip().startswith(("{", "[")) and not is_python(tidy(code)) else None
            self.record.code.append(action.code if action else code)
            self.record.finished = True

    def _ended_by(self, line: str) -> int | None:
        """How much of a line is taken that ends the block by how it starts, or that is a fence inside a tag."""
        blank = not "".join(self.text).strip()
        fence = markers.fence_in(line) if self.tagged else None
        if blank and fence is not None and not self.marks:
            self.marks = fence.marks
            if fence.first:
                self._write(fence.first + "\n")
                self.scanner.end_in(fence.first)
            return len(line)
        if markers.closes(line, self.marks or "```"):
            self.close("")
            return len(line)
        if markers.OBSERVATION.match(line) or markers.LEAVES_DRAFT.match(line):
            self.close(line)
            return len(line) if self.record.finished else 0
        return None

    def _show_early(self, line: str, fresh: bool) -> int:
        if self.tagged and (end := re.search(r"</(?:\w+)>", line)) and not self.marks:
            return self._close_at_tag(line, end)
        if not any(mark in line for mark in "`~<'[>") and line.strip() and not _MAY_OBSERVE.match(line):
            self.record.show("code", line[self.shown :].rstrip("\r"))
            self.shown = len(line.rstrip("\r"))
        return 0

    def _close_at_tag(self, line: str, end: re.Match[str]) -> int:
        """A closing tag ends the block before its line is complete, so that the stream can be cut there."""
        scanner = CodeScanner()
        scanner.open_string = self.scanner.open_string
        at = scanner.end_in(line[: end.end()])
        if at is None or "#" in line or markers.fence_in(line[:at]) or _OPEN_QUOTE.search(_STRINGS.sub("", line[:at])):
            return 0
        self._write(line[:at])
        self.close(line[at:])
        return len(line)

    def _write(self, text: str) -> None:
        self.text.append(text)
        self.record.show("code", text[self.shown :])
        self.shown = 0


_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_OPEN_QUOTE = re.compile("[\"']")
_MAY_OBSERVE = re.compile(r"\s*\**(?:O|E|T)\w*")


class Quote:
    """A fence whose label says that it is no Python."""

    def __init__(self, record: Record, fence: Fence) -> None:
        self.record, self.fence = record, fence

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole and fresh and re.match(r"\s*(?:[`~<>]|$)", line):
            return 0
        inner = markers.fence_in(line) if fresh else None
        ends = inner is not None and inner.kind == "code" and self.fence.label not in ("html", "jinja", "rst", "mdx")
        if fresh and (ends or markers.LEAVES_DRAFT.match(line)):
            self.record.state = Prose(self.record)
            return 0
        if fresh and inner is not None and not inner.label and markers.closes(line, self.fence.marks):
            self.record.state = Prose(self.record)
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
        if markers.LEAVES_DRAFT.match(line):
            self._release("")
            return 0
        inner = markers.fence_in(line)
        if not self.scanner.open_string or self.label:
            if inner is not None and inner.kind == "code" and self.label not in ("markdown", "md"):
                self._settle("")
                return len(line) if self.record.finished else 0
            if markers.closes(line, self.marks) and (inner is None or not inner.label):
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
        if action is None:
            self._release(closing)
        else:
            self.record.act(action)

    def _release(self, closing: str) -> None:
        self.record.say(self.opening + "".join(self.text) + closing)
        self.record.state = Prose(self.record)

    def _judge(self, text: str) -> Action | None:
        code = tidy(text)
        if self.label in ("markdown", "md"):
            return Action(code) if is_program(code) else None
        if self.label not in ("json", "json5", "jsonc", "xml") and is_python(code):
            return Action(first_call(code) or code)
        if code.startswith(("{", "[")):
            return read_object(code)
        marker = markers.MARKER.match(code)
        if marker and marker["call"]:
            return read_call(markers.call_end(marker[0]).split(code[marker.end() :])[0])
        return read_call(code) if self.label.startswith(("tool", "function")) or "<invoke" in code else None


class Draft:
    """A thinking block: what it says is no part of the reply."""

    def __init__(self, record: Record, ending: re.Pattern[str]) -> None:
        self.record, self.ending, self.text = record, ending, []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        line = line if whole else markers.without_partial(line)
        found = self.ending.search(line)
        if found is not None:
            self.record.state = Prose(self.record)
            return found.end()
        self.text.append(line)
        return len(line)

    def end(self) -> None:
        self.record.draft = "".join(self.text)


class Call:
    """A call between a model's own marks. name: of the tool, where the marks say it."""

    def __init__(self, record: Record, ending: re.Pattern[str], name: str = "", opening: str = "") -> None:
        self.record, self.ending, self.name, self.opening, self.text = record, ending, name, opening, []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        line = line if whole else markers.without_partial(line)
        found = self.ending.search(line)
        if found is None:
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
        self.record.state = Prose(self.record)
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
        self.record.state = Prose(self.record)
        if action is None:
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

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if not self.scanner.open_string and self.text and self._ended_by(line):
            return len(line) if self.record.finished else 0
        end = self.scanner.end_in(line)
        self.text.append(line if end is None else line[:end])
        if end is None:
            return len(line)
        self._settle()
        return end

    def end(self) -> None:
        self._settle(cut=True)

    def _ended_by(self, line: str) -> bool:
        fence = markers.fence_in(line)
        marker = markers.MARKER.match(line)
        if fence is not None and (fence.label or fence.first):
            self._settle(discard=True)
        elif fence is not None or markers.OBSERVATION.match(line) or (marker and not marker["json"]):
            self._settle()
        elif all(text.startswith("#") or not text.strip() for text in self.text) and not self._goes_on(line):
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
        self.record.state = Prose(self.record)
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
        found = markers.REACT.match(line)
        self.record, self.text, self.name = record, [line], found["name"] if found else ""
        self.marks = ""

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if len(self.text) == 1 and line.strip():
            if not markers.REACT_INPUT.match(line):
                self._release()
                return 0
        elif markers.OBSERVATION.match(line) or re.match(r"\s*\**Thought\**\s*:", line):
            self._settle()
            return len(line)
        fence = markers.fence_in(line)
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
        given = markers.REACT_INPUT.match("".join(self.text[1:]).strip("\n"))
        action = read_call(given["rest"], self.name) if given else None
        if action is None and given and (code := as_python(self.name, given["rest"].strip())):
            action = Action(code)
        if action is None:
            self._release()
        else:
            self.record.act(action)

    def _release(self) -> None:
        self.record.state = Prose(self.record)
        self.record.say("".join(self.text))
