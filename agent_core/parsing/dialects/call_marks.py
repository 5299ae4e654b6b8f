"""Calls between a model's own marks, such as <tool_call>…</tool_call> or [TOOL_CALLS]…"""

import re

from agent_core.parsing.call_syntax import read_call
from agent_core.parsing.call_to_python import Action
from agent_core.parsing.dialects.base import Dialect, without_partial_mark
from agent_core.parsing.json_text import read_json
from agent_core.parsing.parser_state import ParserState

_OPENINGS_AND_ENDS = {
    r"<(?:antml:|minimax:)?(?:tool_calls?|function_calls?|tool_use|functioncall|tools)>": (
        r"</(?:antml:|minimax:)?(?:tool_calls?|function_calls?|tool_use|functioncall|tools)>|<\|im_end\|>|<\|eot_id\|>"
        r"|(?=<tool_response>)"
    ),
    r"<(?:function=|function\s+name=|invoke\s+name=)[^>\n]*>": r"</(?:function|invoke)>|<\|im_end\|>|<\|eo[mt]_id\|>",
    r"<｜DSML｜(?:function_calls|tool_calls)>": r"</｜DSML｜(?:function_calls|tool_calls)>",
    r"<\|tool_call\|>|<\|tool_call>": r"<\|/tool_call\|>|<\|?/?tool_call\|>|<\|end\|>|<\|im_end\|>|<\|end_of_text\|>",
    r"\[TOOL_CALLS\]": r"</s>|\[/TOOL_CALLS\]|(?=\[TOOL_CALLS\])",
    r"\[TOOL_REQUEST\]|\[TOOL_CALL\]": r"\[END_TOOL_REQUEST\]|\[/TOOL_(?:CALL|REQUEST)\]",
    r"<[|｜]tool[▁_]calls?[▁_]begin[|｜]>(?:<[|｜]tool[▁_]call[▁_]begin[|｜]>)?": r"<[|｜]tool[▁_]calls?[▁_]end[|｜]>",
    r"<\|tool_calls_section_begin\|>(?:\s*<\|tool_call_begin\|>)?": r"<\|tool_call_end\|>|<\|tool_calls_section_end\|>",
    r"<\|START_ACTION\|>": r"<\|END_ACTION\|>",
    r"<\|tool_call_start\|>": r"<\|tool_call_end\|>",
    r"<\|action_start\|>\s*(?:<\|(?:interpreter|plugin)\|>)?": r"<\|action_end\|>|<\|im_end\|>",
}
_ENDS = [(re.compile(opening), re.compile(end)) for opening, end in _OPENINGS_AND_ENDS.items()]


class CallMarks(Dialect):
    """A call between marks of its own."""

    mark = "|".join(_OPENINGS_AND_ENDS)
    # two marks in a row, of which the second has not arrived
    partial_mark = r"<\|(?:tool_calls_section_begin|action_start)\|>\s*$|<[|｜]tool[▁_]calls?[▁_]begin[|｜]>$"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        parser.open_block = CallBlock(parser, _end_of(mark[0]), opening=mark[0])
        return mark.end()


class CallBlock:
    """A call that is open.

    Args:
        parser: What was read so far.
        ending: Matches the mark that ends the call.
        name: The tool's name if the marks contain it; "" otherwise.
        opening: The opening mark if it could also be prose; "" otherwise.
    """

    def __init__(self, parser: ParserState, ending: re.Pattern[str], name: str = "", opening: str = "") -> None:
        self.parser, self.ending, self.name, self.opening = parser, ending, name, opening
        self.text: list[str] = []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        found = self.ending.search(line)
        if found is None:
            line = line if whole else without_partial_mark(line)
            self.text.append(line)
            return len(line)
        self.text.append(line[: found.start()])
        self._settle(found[0])
        return found.end()

    def end(self) -> None:
        self._settle("")
        _, bracket, arguments = "".join(self.text).partition("{")
        self.parser.unclosed = not self.parser.finished and bool(bracket) and read_json(bracket + arguments) is None

    def _settle(self, closing: str) -> None:
        inner = text = "".join(self.text)
        if self.opening.startswith(("<function", "<invoke")):
            inner = self.opening + text
        elif not self.opening:
            inner = re.split(r"^Observation:", text, flags=re.MULTILINE)[0]
            inner = re.sub(r"^(\s*\w+)\.call\(", r"\1(", inner)  # how Llama calls its built-in tools
        self.parser.open_block = None
        action = read_call(inner, self.name)
        if action is None:
            self.parser.say(self.opening + text + closing)
        else:
            self.parser.act(action)


_MARK_AT_START = re.compile(rf"(?:{CallMarks.mark})(?!`(?!``))")


def read_marked_call(text: str) -> tuple[bool, Action | None]:
    """Return whether a text begins with a mark of this dialect, and the call after it if there is one."""
    mark = _MARK_AT_START.match(text)
    if mark is None:
        return False, None
    return True, read_call(_end_of(mark[0]).split(text[mark.end() :])[0])


def _end_of(opening: str) -> re.Pattern[str]:
    """Return the pattern that ends the call that begins with this mark."""
    return next(end for start, end in _ENDS if start.fullmatch(opening))
