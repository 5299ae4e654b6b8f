"""Reads a model's reply, whole or while it streams, and finds the thought, the code and the answer in it.

reader finds the first action in a reply; code_reply_reader reads the replies of models that write code, and asks
shown_code whether that is to be run or shown; native_call_reader reads those of models that act by tool calls only.
reply holds what both return. dialects/ has a file for each way to mark code and calls; prose looks for their marks, and
parser_state holds what they have read. call_syntax, json_objects and call_to_python turn a written call into Python;
python_calls turns Python that only calls tools into calls. arguments and json_text handle JSON as models write it.
malformed_calls finds calls of unknown tools and broken calls. python_text, code_scanner and tidy tell Python from other
text, find its end and repair it. intent tells whether a reply only announces what comes next; circling, whether
it has begun to say the same again and again.
"""

from agent_core.parsing.code_reply_reader import CodeReplyReader
from agent_core.parsing.intent import only_announces
from agent_core.parsing.native_call_reader import ToolReplyReader
from agent_core.parsing.python_calls import FINAL_ANSWER, ends_with_answer
from agent_core.parsing.reader import CODE_TOOL, ReplyReader, parse_reply
from agent_core.parsing.reply import ActionCall, CutReason, Piece, Reply
from agent_core.parsing.shown_code import ReplyContext

__all__ = [
    "CODE_TOOL",
    "FINAL_ANSWER",
    "ActionCall",
    "CodeReplyReader",
    "CutReason",
    "Piece",
    "Reply",
    "ReplyContext",
    "ReplyReader",
    "ToolReplyReader",
    "ends_with_answer",
    "only_announces",
    "parse_reply",
]
