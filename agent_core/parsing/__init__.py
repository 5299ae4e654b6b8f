"""A model's reply → thought, code or answer, whole or while it streams."""

from agent_core.parsing.reader import CODE_TOOL, ReplyReader, parse_reply
from agent_core.parsing.reply import ActionCall, Piece, Reply
from agent_core.parsing.tool_reader import ToolReplyReader

__all__ = ["CODE_TOOL", "ActionCall", "Piece", "Reply", "ReplyReader", "ToolReplyReader", "parse_reply"]
