"""The ways in which models set off code, calls, thoughts and ends in their replies, one a file.

A new one is a file with a `Dialect` (base.py), and its import and an entry in DIALECTS below. fence_lines,
python_block and observations are what several share. native_calls (calls that a service hands over as such) and
unmarked_code (looked for at the end) are no part of the text's marks, and stand apart.
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

# Of two that could open at one place, the first does.
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

# What may become any mark between brackets, or a line end, when more of its line has come.
_PARTIAL_BRACKETS = r"`?<[|｜/\w▁][^<>\n]{0,80}$|`?</?$|`?<[^<>\n]{1,80}>`{0,2}$|\[/?[A-Z_]{0,20}$|\[/?\w+\]`{0,2}$|\r$"

_marks = (f"(?P<dialect_{number}>{dialect.mark})" for number, dialect in enumerate(DIALECTS) if dialect.mark)
MARK = re.compile(rf"(?<!`)(?:{'|'.join(_marks)})(?!`(?!``))", re.VERBOSE)
"""A mark of any dialect, but not between backticks, where it is only spoken of."""

_partial_marks = (dialect.partial_mark for dialect in DIALECTS if dialect.partial_mark)
PARTIAL_MARK = re.compile("|".join(chain([_PARTIAL_BRACKETS], _partial_marks)), re.VERBOSE)
"""What may become a mark when more of its line has come."""

LINE_START = re.compile("|".join(dialect.line_start for dialect in DIALECTS if dialect.line_start), re.VERBOSE)
"""A beginning of a line that may turn out to open a dialect."""


def dialect_of(mark: re.Match[str]) -> Dialect:
    """Return the dialect whose mark was found by MARK."""
    return DIALECTS[int((mark.lastgroup or "").removeprefix("dialect_"))]


def begins_with_mark(line: str) -> bool:
    """Whether a line begins with a mark that cannot be Python."""
    mark = MARK.match(line)
    return mark is not None and not dialect_of(mark).may_be_python
