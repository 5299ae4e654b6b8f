"""Reading the prose of a reply, and finding in it what opens something else."""

import re

from agent_core.parsing.call_syntax import Action
from agent_core.parsing.dialects import fence_lines
from agent_core.parsing.dialects.bare_code import Bare, Call, Draft, Json, React
from agent_core.parsing.dialects.fence_lines import Fence
from agent_core.parsing.dialects.python_block import Code, Judged, Quote
from agent_core.parsing.parser_state import Record, State
from agent_core.parsing.python_text import CodeScanner, is_python, starts_like_code, tidy


class Prose:
    """The thought or the answer."""

    def __init__(self, record: Record) -> None:
        self.record, self.shown = record, 0

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if fresh and not whole and _MAY_START.match(line):
            return 0
        if fresh and (opened := self._opened_by(line, whole)):
            self.record.state, used = opened
            return used
        marker, partial = fence_lines.MARKER.search(line), None if whole else fence_lines.PARTIAL.search(line)
        if marker and (partial is None or marker.start() < partial.start()):
            if marker.start():
                self._say(line[: marker.start()])
                return marker.start()
            return self._take_marker(marker, line, fresh, whole)
        if whole and (opened := fence_lines.fence_at_end(line)):
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

    def _say(self, text: str) -> None:
        self.record.say(text, self.shown)
        self.shown = 0

    def _opened_by(self, line: str, whole: bool) -> tuple[State | None, int] | None:
        """The state that a line opens by how it starts, and how much of the line it has taken."""
        if re.match(r"\s*(?:\{|\[\s*\{)", line) or (whole and line.strip() == "["):
            return Json(self.record), 0
        if not whole:
            return None
        fence = fence_lines.fence_in(line)
        if fence is not None:
            return self._fenced(fence, line), len(line)
        if fence_lines.REACT.match(line):
            return React(self.record, line), len(line)
        if re.match(r"\s*\**Action\**\s*:\**\s*[\w.]+\(.*\)\s*$", line):
            return Bare(self.record), line.index(":") + 1
        if starts_like_code(line[: CodeScanner().end_in(line)]) or re.match(
            r">>> |In ?\[\d*\]:|\[[a-z_]\w*\(.*\)\]\s*$", line
        ):
            return Bare(self.record), 0
        return None

    def _fenced(self, fence: Fence, line: str) -> State | None:
        if fence.closed and (code := tidy(fence.first)) and (fence.label or is_python(code)):
            self.record.act(Action(code))
            return None
        if fence.closed:
            self.record.say(line)
            return None
        if fence.kind == "quote":
            self.record.say(line)
            return Quote(self.record, fence)
        return (Code if fence.kind == "code" else Judged)(self.record, fence.marks, line, fence.label, fence.first)

    def _take_marker(self, marker: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        record, kind = self.record, marker.lastgroup
        if marker[0] == "analysis" and (record.says_something() or not fresh):
            self._say(marker[0])
            return marker.end()
        if marker["json"]:
            record.state = Json(record)
            return 0
        if marker["tag"]:
            return self._take_tag(marker, line, fresh, whole)
        if marker["draft"]:
            record.drafted, record.state = True, Draft(record, fence_lines.DRAFT_END)
        elif marker["draft_end"]:
            self._leave_draft()
        elif marker["python_tag"]:
            record.state = Call(record, fence_lines.PYTHON_TAG_END)
        elif marker["call"]:
            record.state = Call(record, fence_lines.call_end(marker[0]), opening=marker[0])
        elif marker["channel"] or marker["plain_channel"]:
            self._open_channel(marker)
        elif marker["start"]:
            to = re.search(r"(?:to=|<\|recipient\|>\s*)([\w.]+)", marker[0])
            record.recipient = to[1] if to else ""
        elif marker["content"] and record.recipient not in ("", "all"):
            record.state, record.recipient = Call(record, fence_lines.CALL_END, record.recipient), ""
        elif marker["over"] or marker["role_name"] in ("user", "system", "tool", "ipython"):
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
            record.state = Call(record, fence_lines.CALL_END, name)
        elif draft:
            record.drafted, record.state = True, Draft(record, fence_lines.CHANNEL_END)
        elif final:
            record.prose.clear()


# A beginning of a line that may turn out to be more than prose: a fence, a list's mark before one, a call, or code.
_MAY_START = re.compile(
    r"""\s*(?:[-*+>]|\d+[.)]?)?\s*$|\s*(?:(?:[-*+>]|\d+[.)])\s+)?(?:`{1,2}$|`{3}|~|'{1,3}(?:$|p))|\s*\[(?:\s*$|[a-z_])
    |\*{1,2}$|\**(?i:a|ac|act|acti|actio|action|action[ _*:][^\n]*)$|\#|@|>>|In\ ?\[
    |(?:import|from|def|class|for|while|if|with|async|await|try)\b
    |[A-Za-z_][\w.]*$|[A-Za-z_][\w.]*\(
    |[A-Za-z_][\w.]*(?:\[[^\]]*\]?)?(?:,\ *\w*)*\ *(?::\ *[\w.\[\]]*\ *)?[-+*/|&]?(?:=|$)""",
    re.VERBOSE,
)
