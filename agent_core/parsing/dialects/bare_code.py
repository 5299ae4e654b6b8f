"""Programs without marks around them, and Python sessions (>>> and In [1]:)."""

import re

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.code_scanner import CodeScanner
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.fence_lines import fence_in
from agent_core.parsing.dialects.observations import OBSERVATION
from agent_core.parsing.parser_state import ParserState
from agent_core.parsing.python_text import could_go_on, first_call, is_program, leading_program, starts_like_code
from agent_core.parsing.tidy import tidy


class BareCode(Dialect):
    """Lines at the left margin that look like code."""

    line_start = r"""
        \s*\[[a-z_]|\#|@|>>|In\ ?\[
        |(?:import|from|def|class|for|while|if|with|async|await|try)\b
        |[A-Za-z_][\w.]*$|[A-Za-z_][\w.]*\(
        |[A-Za-z_][\w.]*(?:\[[^\]]*\]?)?(?:,\ *\w*)*\ *(?::\ *[\w.\[\]]*\ *)?[-+*/|&]?(?:=|$)"""

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        if not whole or not (starts_like_code(line[: CodeScanner().end_in(line)]) or _SESSION_OR_LIST.match(line)):
            return None
        parser.open_block = BareProgram(parser)
        return 0


_SESSION_OR_LIST = re.compile(r">>> |In ?\[\d*\]:|\[[a-z_]\w*\(.*\)\]\s*$")


class BareProgram:
    """Lines that look like a program without marks, or like a Python session."""

    def __init__(self, parser: ParserState) -> None:
        self.parser, self.scanner = parser, CodeScanner()
        self.text: list[str] = []
        self.first = not parser.says_something()
        self.only_comments = True  # which may as well be headings

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if not self.scanner.open_string and self.text and self._ended_by(line):
            return len(line) if self.parser.finished else 0
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
        fence = fence_in(line)
        if fence is not None and (fence.label or fence.first):
            self._settle(discard=True)
        elif fence is not None or OBSERVATION.match(line) or self.parser.begins_with_mark(line):
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
        self.parser.open_block = None
        code = tidy(text)
        code = first_call(code) or code
        if not discard and not is_program(code) and cut and self.first:
            code = leading_program(text)
        if discard or not is_program(code):
            self.parser.say(text)
        else:
            self.parser.act(Action(code))


_PROSE = re.compile(r"[A-Z\"“][\w'’-]*,? [\w'’-]+ [\w'’-]+|[^\x00-\x7f]|\*\*|[-*] |\d+[.)] ")
