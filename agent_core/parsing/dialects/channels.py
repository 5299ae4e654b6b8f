"""The channels and recipients of OpenAI's Harmony format (gpt-oss), even if a service has removed its marks."""

import re

from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.call_marks import CallBlock
from agent_core.parsing.dialects.thinking import ThinkingBlock
from agent_core.parsing.parser_state import ParserState

_DRAFT_END = re.compile(r"<\|(?:end|call|return)\|>|(?=<\|start\|>|<\|channel\|>|assistantfinal|assistantcommentary)")
_CALL_END = re.compile(r"<\|(?:call|end|return)\|>|(?=<\|start\|>|<\|channel\|>)")


class Channels(Dialect):
    """Channels: analysis is a draft, commentary prose, final the answer. A message to a recipient calls a tool."""

    mark = r"""
        (?P<channel><\|channel\|>(?P<header>(?:(?!<\|message\|>)[^\n])*)<\|message\|>)
        |(?P<plain_channel>assistantcommentary\ to=(?P<plain_to>[\w.]+)\s*(?:json|code)?|assistantfinal
            |\Aanalysis(?=[A-Z]))
        |(?P<start><\|(?:start|from|recipient)\|>[^<\n]*)
        |<\|content\|>"""
    partial_mark = r"""
        <\|(?:start|from|recipient)\|>[^<\n]*<?$
        |<\|channel\|>(?:(?!<\|message\|>)[^\n])*(?:<\|message\|>`{0,2})?$
        |(?:a|as|ass|assi|assis|assist\w*(?:\ t?o?=?[\w.]*\s*\w*)?)$|\Aanalysis$"""

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        if mark[0] == "analysis" and (parser.says_something() or not fresh):
            parser.say(mark[0])
        elif mark["channel"] or mark["plain_channel"]:
            _open_channel(parser, mark)
        elif mark["start"]:
            to = re.search(r"(?:to=|<\|recipient\|>\s*)([\w.]+)", mark[0])
            parser.recipient = to[1] if to else ""
        elif parser.recipient not in ("", "all"):
            parser.open_block, parser.recipient = CallBlock(parser, _CALL_END, parser.recipient), ""
        return mark.end()


def _open_channel(parser: ParserState, mark: re.Match[str]) -> None:
    if mark["channel"]:
        to = re.search(r"to=([\w.]+)", mark["header"])
        name, final = to[1] if to else parser.recipient, "final" in mark["header"]
        draft = "analysis" in mark["header"]
    else:
        name, final, draft = mark["plain_to"], "final" in mark[0], mark[0] == "analysis"
    parser.recipient = ""
    if name and name not in ("user", "assistant"):
        parser.open_block = CallBlock(parser, _CALL_END, name)
    elif draft:
        parser.drafted, parser.open_block = True, ThinkingBlock(parser, _DRAFT_END)
    elif final:
        parser.prose.clear()
