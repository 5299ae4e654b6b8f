"""Reads the prose of a reply, and finds the marks of dialects in it."""

from agent_core.parsing.dialects import DIALECTS, LINE_START, MARK, PARTIAL_MARK, dialect_of
from agent_core.parsing.dialects.fence_lines import fence_at_end
from agent_core.parsing.dialects.python_block import PythonBlock
from agent_core.parsing.parser_state import ParserState


class Prose:
    """Reads the thought or the answer, while no block is open."""

    def __init__(self, parser: ParserState) -> None:
        self._parser = parser
        self._shown = 0  # characters of the line that were shown before they were read

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        """Read what is certain of a line and return how many characters were read, as every OpenBlock does."""
        if fresh:
            if not whole and LINE_START.match(line):
                return 0
            for dialect in DIALECTS:
                if (used := dialect.read_line(self._parser, line, whole)) is not None:
                    return used
        mark, partial = MARK.search(line), None if whole else PARTIAL_MARK.search(line)
        if mark and (partial is None or mark.start() < partial.start()):
            if mark.start():
                return self._say(line[: mark.start()])
            return dialect_of(mark).read_mark(self._parser, mark, line, fresh, whole)
        if whole and (fence := fence_at_end(line)):
            self._say(line[: fence[0]])
            self._parser.open_block = PythonBlock(self._parser, fence[1].marks)
            return len(line)
        return self._say_all_but(line, partial.start() if partial else len(line))

    def _say_all_but(self, line: str, cut: int) -> int:
        """Add a line to the prose, up to where a mark may begin."""
        if cut:
            self._say(line[:cut])
        if line[cut:] == "`" and not self._shown:  # mostly the beginning of a word in code, which need not wait
            self._parser.show("prose", "`")
            self._shown = 1
        return cut

    def _say(self, text: str) -> int:
        self._parser.say(text, self._shown)
        self._shown = 0
        return len(text)
