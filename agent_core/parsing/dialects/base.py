"""The base class of all dialects: the marks that open them, and how they are read."""

import re

from agent_core.parsing.parser_state import ParserState


class Dialect:
    """One way in which models mark something that is not prose.

    It opens with a mark anywhere in a line, or with the way a line starts. The block that it opens becomes the parser's
    open block. The patterns are verbose regular expressions, and "" if the dialect does not use them.

    Attributes:
        mark: Matches the mark that opens it.
        partial_mark: Matches the end of a line that may become the mark when more of the line arrives.
        line_start: Matches the beginning of a line that may turn out to open it.
        may_be_python: Whether the mark may be a part of Python.
    """

    mark = ""
    partial_mark = ""
    line_start = ""
    may_be_python = False

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        """Read the mark at the beginning of a text.

        Args:
            parser: What was read so far.
            mark: The mark.
            line: The part of the line that begins with the mark.
            fresh: Whether it begins where the line begins.
            whole: Whether it ends where the line ends.

        Returns:
            How many characters of it were read.
        """
        raise NotImplementedError

    def read_line(self, parser: ParserState, line: str, whole: bool) -> int | None:
        """Open what the start of a line opens.

        Args:
            parser: What was read so far.
            line: The part of the line that has arrived.
            whole: Whether that is the whole line.

        Returns:
            How many characters were read; None if the line opens nothing.
        """
        return None


def without_partial_mark(line: str) -> str:
    """Return the line without the beginning of a mark that may be at its end."""
    return re.sub(r"(?:<[^>\n]{0,40}|\[[^\]\n]{0,20}|◁[^▷\n]{0,10}|a[a-z]{0,19})\Z", "", line)
