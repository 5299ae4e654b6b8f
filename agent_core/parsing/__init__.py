"""A model's reply → thought, code or answer, whole or while it streams.

reader reads a reply as text or a native call; native_call_reader those of models that act by calls of tools only.
reply is what both give. dialects/ holds each way of setting off code and calls; prose looks for them, parser_state is
what they write to. call_syntax, json_objects, call_to_python: a call as it was written → Python; python_calls: Python
that only calls tools → the calls. arguments, json_text: JSON as models write it. malformed_calls: calls of no tool.
python_text, code_scanner, tidy: telling Python from other text, finding its end, mending it. intent: whether a reply
only announces what comes next.
"""

from agent_core.parsing.native_call_reader import ToolReplyReader
from agent_core.parsing.reader import CODE_TOOL, ReplyReader, parse_reply
from agent_core.parsing.reply import ActionCall, Piece, Reply

__all__ = ["CODE_TOOL", "ActionCall", "Piece", "Reply", "ReplyReader", "ToolReplyReader", "parse_reply"]
