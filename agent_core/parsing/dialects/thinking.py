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
_QUOTED = re.compile(r"\A([`\"'])\1\Z")


class Thinking(Dialect):
    """A thinking block. If only its end mark comes, or another one, everything before it is a draft."""

    mark = rf"""
        (?P<draft><(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[THINK\]|◁think▷
            |<\|begin_of_thought\|>|<\|START_THINKING\|>)
        |{_END}"""
    partial_mark = r"◁[^▷\n]{0,8}$"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        if mark["draft"]:
            parser.open_block = ThinkingBlock(parser, _ENDING)
        else:
            parser.drop_prose()
        parser.drafted = True
        return mark.end()


class ThinkingBlock:
    """The thoughts of a model. They are kept apart, and used only if the reply says nothing else."""

    def __init__(self, parser: ParserState, ending: re.Pattern[str]) -> None:
        self.parser, self.ending = parser, ending
        self.text: list[str] = []

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        before = self.text[-1][-1:] if self.text else ""
        found = self._end_in(before + line, whole)
        if found is not None:
            start, end = found.start() - len(before), found.end() - len(before)
            if end == len(line) and not whole:  # a quote may follow
                self._keep(line[:start])
                return start
            self.parser.open_block = None
            return end
        line = line if whole else without_partial_mark(line)
        self._keep(line)
        return len(line)

    def _end_in(self, text: str, whole: bool) -> re.Match[str] | None:
        """Return the first end mark that is not between quotes or backticks, where a model only writes about it."""
        marks = self.ending.finditer(text)
        return next(
            (mark for mark in marks if not _QUOTED.search(text[: mark.start()][-1:] + text[mark.end() :][:1])), None
        )

    def _keep(self, text: str) -> None:
        if text:
            self.text.append(text)

    def end(self) -> None:
        self.parser.draft = "".join(self.text)
