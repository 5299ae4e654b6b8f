"""Thinking blocks, such as <think>…</think>, which are not part of the reply."""

import re

from agent_core.parsing.dialects.base import Dialect, without_partial_mark
from agent_core.parsing.parser_state import ParserState

LEAVES_DRAFT = re.compile(r"^\s*</(?i:think|thinking|reasoning|thought)>")
STRAY_DRAFT_END = re.compile(r"(?<![\"'`(])</(?i:think|thinking|reasoning)>(?![\"'`)])")
_END = (
    r"</(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[/THINK\]|◁/think▷"
    r"|<\|end_of_thought\|>|<\|END_THINKING\|>"
)


_ENDING = re.compile(_END)


class Thinking(Dialect):
    """A thinking block. If only its end mark comes, everything before it is a draft."""

    mark = rf"""
        (?P<draft><(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[THINK\]|◁think▷
            |<\|begin_of_thought\|>|<\|START_THINKING\|>)
        |{_END}"""
    partial_mark = r"◁[^▷\n]{0,8}$"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        if mark["draft"]:
            parser.open_block = ThinkingBlock(parser, _ENDING)
        elif not parser.drafted:
            parser.prose.clear()
        parser.drafted = True
        return mark.end()


class ThinkingBlock:
    """The thoughts of a model. They are kept apart, and used only if the reply says nothing else."""

    def __init__(self, parser: ParserState, ending: re.Pattern[str]) -> None:
        self.parser, self.ending = parser, ending
        self.text: list[str] = []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        found = self.ending.search(line)
        if found is not None:
            self.parser.open_block = None
            return found.end()
        line = line if whole else without_partial_mark(line)
        self.text.append(line)
        return len(line)

    def end(self) -> None:
        self.parser.draft = "".join(self.text)
