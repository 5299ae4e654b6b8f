"""Calls as JSON without marks: {"name": …, "arguments": …}."""

import re

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.json_objects import is_unclosed_call, read_object
from agent_core.parsing.json_text import read_json
from agent_core.parsing.parser_state import ParserState


class JsonCalls(Dialect):
    """A JSON object or list that starts a line, or one anywhere that looks like a call."""

    mark = r'\{\s*"(?:name|code|tool|action|thoughts?|function|tool_name|tool_calls)"\s*:'
    partial_mark = r"`?\{\s*(?:\"\w*\"?\s*)?$"
    line_start = r"\s*\[\s*$"
    may_be_python = True

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        parser.open_block = JsonBlock(parser)
        return 0

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        if not re.match(r"\s*(?:\{|\[\s*\{)", line) and not (whole and line.strip() == "["):
            return None
        parser.open_block = JsonBlock(parser)
        return 0


class JsonBlock:
    """A JSON object or list: a call, or part of the answer."""

    def __init__(self, parser: ParserState) -> None:
        self.parser = parser
        self.text: list[str] = []
        self.depth, self.quote, self.escaped = 0, "", False
        self.broken = False  # it cannot be read up to where it seems to end

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
        text = "".join(self.text)
        self.parser.unclosed = is_unclosed_call(text)
        self._settle(read_object(text))

    def _settle(self, action: Action | None) -> None:
        self.parser.open_block = None
        if action is None or not self.parser.accepts(action):
            self.parser.say("".join(self.text))
        else:
            self.parser.act(action)

    def _end_in(self, line: str) -> int | None:
        """Return the position at which the outermost bracket closes."""
        for at, character in enumerate(line):
            if self.quote:
                self.quote = self.quote if self.escaped or character != self.quote else ""
                self.escaped = character == "\\" and not self.escaped
            elif character == '"':
                self.quote = character
            elif character in "{[":
                self.depth += 1
            elif character in "}]":
                self.depth -= 1
                if self.depth <= 0:
                    return at + 1
        return None
