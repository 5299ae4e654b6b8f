"""Special tokens that a service did not remove. Some end the reply; the others are dropped."""

import re

from agent_core.parsing.dialects import code_tags
from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.parser_state import ParserState


class SpecialTokens(Dialect):
    """The end of a turn, the header of the next one, and tokens without a meaning here.

    It must be the last dialect, because the other dialects need their own tokens.
    """

    mark = rf"""
        (?P<role><\|start_header_id\|>\s*(?P<role_name>\w*)\s*<\|end_header_id\|>)
        |(?P<over><\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|return|EOT|end_of_turn|user|im_sep)\|>|<end_of_turn>
            |<｜end▁of▁sentence｜>|</s>(?=\s*$))
        |<\|[\w▁]+\|>|<｜[\w▁]+｜>|<(?:end_code|end_action|bos|eos)>|</(?i:{code_tags.NAMES}|tool_call|function)>
        |<s>(?=\S)|\[/?INST\]"""
    partial_mark = r"<\|start_header_id\|>\s*\w*\s*(?:<[^>]*)?$|</s>[ \t]*$|<s>$"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        if mark["over"] or mark["role_name"] in ("user", "system", "tool", "ipython"):
            parser.finished = parser.says_something()
        return mark.end()
