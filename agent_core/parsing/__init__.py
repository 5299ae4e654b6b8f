"""A model's reply → thought, code or answer, whole or while it streams."""

from agent_core.parsing.reader import ReplyReader, parse_reply
from agent_core.parsing.reply import Piece, Reply

__all__ = ["Piece", "Reply", "ReplyReader", "parse_reply"]
