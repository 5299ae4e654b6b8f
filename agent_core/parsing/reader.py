"""Reads a reply, whole or while it streams.

A reply is prose, and perhaps one action after it. Everything after the first complete action is dropped, even a second
block right after it, because the model wrote it without having seen what its code does.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from agent_core.models.base import CallDelta
from agent_core.parsing.call_to_python import Action
from agent_core.parsing.dialects import begins_with_mark
from agent_core.parsing.dialects.native_calls import NativeCall
from agent_core.parsing.dialects.thinking import STRAY_DRAFT_END
from agent_core.parsing.dialects.unmarked_code import unmarked_action
from agent_core.parsing.intent import only_announces
from agent_core.parsing.parser_state import ParserState
from agent_core.parsing.prose import Prose
from agent_core.parsing.reply import ActionCall, Piece, Reply
from agent_core.parsing.tidy import tidy

_WRAPPED = re.compile(r"\A<(answer|final_answer|response|solution)>\s*(.*?)\s*(?:</\1>\s*)?\Z", re.DOTALL)
_FINAL = re.compile(r"^[ \t]*\**Final[ _]Answer\**[ \t]*:\**\s*(?=\S)", re.IGNORECASE | re.MULTILINE)
CODE_TOOL = "python"  # the name of the tool that runs code
_INVISIBLE = "\ufeff\u200b\u2060"


def parse_reply(text: str) -> Reply:
    """Read a whole reply.

    Args:
        text: The reply as the model wrote it.

    Returns:
        What it says: code to run, an answer, or neither.
    """
    reader = ReplyReader()
    reader.feed(text)
    reader.close()
    return reader.reply()


class ReplyReader:
    """Reads a reply piece by piece: `feed` what arrives, `close` at its end, then get the `reply`.

    Args:
        accepts: Returns whether a call or a piece of code may be the action; any other is part of the prose.
    """

    def __init__(self, accepts: Callable[[Action], bool] = lambda action: True) -> None:
        self._parser = ParserState(accepts=accepts, begins_with_mark=begins_with_mark)
        self._prose = Prose(self._parser)
        self._call: NativeCall | None = None
        self._line = ""  # the part of the current line that is not read yet
        self._fresh = True  # whether it begins where the line begins
        self._after = ""  # the end of what came after the first action

    @property
    def finished(self) -> bool:
        """Whether the first action is complete, so that what still comes is not part of the reply.

        The end of a thinking block that was never opened makes this False again: everything before was a draft.
        """
        return self._parser.finished or (self._call is not None and self._call.finished)

    @property
    def whole(self) -> bool:
        """Whether the reply has a complete action, so that nothing is missing if it ends here."""
        return self.finished

    def feed(self, text: str) -> list[Piece]:
        """Take the next text of the stream and return what it adds to the prose and to the code.

        Text that may become a mark is held back until more arrives.
        """
        for part in re.findall(r"[^\n]*\n|[^\n]+", text):
            self._line += self._look_behind(part)
            self._read(whole=self._line.endswith("\n"))
        return self._new_pieces()

    def feed_call(self, delta: CallDelta) -> list[Piece]:
        """Take a piece of a native call and return the code that it adds. Only the first call is read."""
        if self.finished:
            return []
        if self._call is None:
            self._end_text()
            if self._parser.finished:
                return self._new_pieces()
            self._call = NativeCall(delta.index)
        return self._new_pieces() + self._call.feed(delta)

    def close(self) -> list[Piece]:
        """End the stream, with the line and the block that are open, and return what was held back."""
        if self._call is not None:
            return self._call.close()
        if not self.finished:
            self._end_text()
        return self._new_pieces()

    def reply(self) -> Reply:
        """Return what was read so far."""
        prose = "".join(self._parser.prose).strip()
        if self._call is not None and (code := self._call.code):
            call = ActionCall(self._call.id, CODE_TOOL, {"code": code})
            if self._call.unclosed:
                return Reply("cut", thought=prose, code=code, cut="unclosed")
            return Reply("code", thought=prose, code=code, calls=(call,))
        if self._parser.unclosed:
            return Reply("cut", thought=prose, cut="unclosed")
        code = tidy("".join(self._parser.code))
        if code.strip():
            return Reply("code", thought=prose, code=code)
        if not prose:
            draft = self._parser.draft.strip()
            return Reply("unclear", thought=draft, answer=draft)
        if wrapped := _WRAPPED.match(prose):
            prose = wrapped[2]
        if final := _FINAL.search(prose):
            prose = prose[final.end() :]
        return Reply("unclear", thought=prose, answer=prose) if only_announces(prose) else Reply("answer", answer=prose)

    def _read(self, whole: bool) -> None:
        """Let the open block, or the prose, read what it can of the line."""
        while self._line and not self.finished:
            if self._fresh:
                self._line = self._line.lstrip(_INVISIBLE)
            line = self._line.replace("\r\n", "\n") if whole else self._line.removesuffix("\r")
            state = self._parser.open_block
            used = (state or self._prose).take(line, self._fresh, whole)
            if used:
                self._fresh = line[used - 1] == "\n"
                self._line = line[used:] + ("" if whole or line == self._line else "\r")
            elif state is self._parser.open_block:
                break
        if self.finished and self._line:
            self._line = self._look_behind(self._line)
            self._read(whole)

    def _end_text(self) -> None:
        """End the text, because no more comes."""
        self._read(whole=True)
        if self._parser.open_block is not None and not self._parser.finished:
            self._parser.open_block.end()
        if not self._parser.finished and (action := unmarked_action("".join(self._parser.prose))):
            self._parser.prose = [action.thought]
            self._parser.act(replace(action, thought=""))

    def _look_behind(self, text: str) -> str:
        """Return the text to read: after an action, only what follows the end of a draft that was never opened."""
        if not self._parser.finished:
            return text
        self._after += text
        end = None if self._parser.drafted else STRAY_DRAFT_END.search(self._after)
        if end is None:
            self._after = self._after[-16:]
            return ""
        rest, old = self._after[end.end() :], self._parser
        self._parser = ParserState(old.accepts, old.begins_with_mark, pieces=old.pieces, drafted=True)
        self._after, self._line, self._fresh = "", "", True
        self._prose = Prose(self._parser)
        return rest

    def _new_pieces(self) -> list[Piece]:
        """Return what is new to show, neighbours of one kind joined to one piece."""
        new, self._parser.pieces = self._parser.pieces, []
        stretches = [list(stretch) for _, stretch in groupby(new, key=lambda piece: piece.kind)]
        return [Piece(stretch[0].kind, "".join(piece.text for piece in stretch)) for stretch in stretches]
