"""Llama's mark for code and for its built-in tools: <|python_tag|>…<|eom_id|>."""

import re

from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.call_marks import CallBlock
from agent_core.parsing.parser_state import ParserState

_END = re.compile(r"<\|(?:eom_id|eot_id|eom|eot|im_end|end_of_text|action_end|python_tag|python_end)\|>")


class PythonTag(Dialect):
    """Code or a call after the mark."""

    mark = r"<\|python_(?:tag|start)\|>"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        parser.open_block = CallBlock(parser, _END)
        return mark.end()
