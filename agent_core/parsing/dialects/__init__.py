"""The ways in which models mark code, calls, thoughts and ends in their replies; each has a file.

To add one, write a file with a `Dialect` (see base.py), import it here and add it to DIALECTS. Several dialects share
fence_lines, python_block and observations. native_calls (calls that a service sends apart from the text) and
unmarked_code (looked for at the end of a reply) are not dialects, because they have no marks in the text.
"""

import re
from itertools import chain

from agent_core.parsing.dialects.bare_code import BareCode
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.call_marks import CallMarks
from agent_core.parsing.dialects.channels import Channels
from agent_core.parsing.dialects.code_tags import CodeTags
from agent_core.parsing.dialects.fences import Fences
from agent_core.parsing.dialects.json_calls import JsonCalls
from agent_core.parsing.dialects.python_tag import PythonTag
from agent_core.parsing.dialects.react import React
from agent_core.parsing.dialects.special_tokens import SpecialTokens
from agent_core.parsing.dialects.thinking import Thinking

# If two of them could open at the same place, the first one does.
DIALECTS: tuple[Dialect, ...] = (
    Thinking(),
    CodeTags(),
    PythonTag(),
    CallMarks(),
    Channels(),
    JsonCalls(),
    Fences(),
    React(),
    BareCode(),
    SpecialTokens(),
)

# The end of a line that may become a mark between brackets, or a line end, when more of the line arrives.
_PARTIAL_BRACKETS = r"`?<[|｜/\w▁][^<>\n]{0,80}$|`?</?$|`?<[^<>\n]{1,80}>`{0,2}$|\[/?[A-Z_]{0,20}$|\[/?\w+\]`{0,2}$|\r$"

_marks = (f"(?P<dialect_{number}>{dialect.mark})" for number, dialect in enumerate(DIALECTS) if dialect.mark)
MARK = re.compile(rf"(?<!`)(?:{'|'.join(_marks)})(?!`(?!``))", re.VERBOSE)
"""A mark of any dialect, except between backticks, where the model only writes about it."""

_partial_marks = (dialect.partial_mark for dialect in DIALECTS if dialect.partial_mark)
PARTIAL_MARK = re.compile("|".join(chain([_PARTIAL_BRACKETS], _partial_marks)), re.VERBOSE)
"""The end of a line that may become a mark when more of the line arrives."""

LINE_START = re.compile("|".join(dialect.line_start for dialect in DIALECTS if dialect.line_start), re.VERBOSE)
"""The beginning of a line that may turn out to open a dialect."""


def dialect_of(mark: re.Match[str]) -> Dialect:
    """Return the dialect of a mark that MARK found."""
    return DIALECTS[int((mark.lastgroup or "").removeprefix("dialect_"))]


def begins_with_mark(line: str) -> bool:
    """Return whether a line begins with a mark that cannot be Python."""
    mark = MARK.match(line)
    return mark is not None and not dialect_of(mark).may_be_python
