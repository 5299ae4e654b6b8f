"""ReAct: `Action: tool` and, on the next line, `Action Input: …`; or `Action: tool(…)`."""

import re

from agent_core.parsing.call_syntax import read_call
from agent_core.parsing.call_to_python import Action, as_python
from agent_core.parsing.dialects.bare_code import BareProgram
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.fence_lines import fence_in
from agent_core.parsing.dialects.observations import OBSERVATION
from agent_core.parsing.parser_state import ParserState

_ACTION = re.compile(r"^\s*\**Action\**\s*:\**\s*[`\"']?(?P<name>[A-Za-z_][\w.]*)[`\"']?\s*$", re.IGNORECASE)
_INPUT = re.compile(r"^\s*\**Action[ _]Input\**\s*:\**[ \t]*(?P<rest>.*)$", re.DOTALL | re.IGNORECASE)


class React(Dialect):
    """A line that names the action."""

    line_start = r"\*{1,2}$|\**(?i:a|ac|act|acti|actio|action|action[ _*:][^\n]*)$"

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        if not whole:
            return None
        if named := _ACTION.match(line):
            parser.open_block = ReactAction(parser, line, named["name"])
            return len(line)
        if re.match(r"\s*\**Action\**\s*:\**\s*[\w.]+\(.*\)\s*$", line):
            parser.open_block = BareProgram(parser)
            return line.index(":") + 1
        return None


class ReactAction:
    """`Action: tool` and, on the next line, `Action Input: …`."""

    def __init__(self, parser: ParserState, line: str, name: str) -> None:
        self.parser, self.text, self.name = parser, [line], name
        self.marks = ""  # the marks of the fence around the input

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        if not whole:
            return 0
        if len(self.text) == 1 and line.strip():
            if not _INPUT.match(line):
                self._release()
                return 0
        elif OBSERVATION.match(line) or re.match(r"\s*\**Thought\**\s*:", line):
            self._settle()
            return len(line)
        fence = fence_in(line)
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
        given = _INPUT.match("".join(self.text[1:]).strip("\n"))
        action = read_call(given["rest"], self.name) if given else None
        if action is None and given and (code := as_python(self.name, given["rest"].strip())):
            action = Action(code)
        if action is None:
            self._release()
        else:
            self.parser.act(action)

    def _release(self) -> None:
        self.parser.open_block = None
        self.parser.say("".join(self.text))
