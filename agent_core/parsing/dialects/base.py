"""What every dialect says: the marks that open it, and what is read then."""

import re

from agent_core.parsing.parser_state import ParserState


class Dialect:
    """One way in which models set something off from their prose.

    It opens with a mark anywhere in a line, or by how a line starts. What it opens becomes the parser's open block.
    The patterns are verbose regular expressions; "" where a dialect opens in the other way.

    mark: what opens it. partial_mark: the end of a line that may become the mark when more of the line has come.
    line_start: the beginning of a line that may turn out to open it.
    may_be_python: the mark may stand in Python, too.
    """

    mark = ""
    partial_mark = ""
    line_start = ""
    may_be_python = False

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        """Act on the mark at the beginning of `line` and return how much of the line is done with.

        fresh: the line starts here. whole: nothing more comes on it.
        """
        raise NotImplementedError

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        """Open what the start of a line opens, and return how much of the line is done with; None: it opens nothing."""
        return None


def without_partial_mark(line: str) -> str:
    """Return the line without what may be the beginning of a mark at its end."""
    return re.sub(r"(?:<[^>\n]{0,40}|\[[^\]\n]{0,20}|◁[^▷\n]{0,10}|a[a-z]{0,19})\Z", "", line)
