"""Reads the reply of a model that acts by code: finds out whether code is to be run or shown, and joins blocks.

Models write one program in several blocks with a line between them ("Then I add them:"), small ones often. The first
block alone shows nothing, and costs a request to come to the second. So blocks are joined, as smolagents joins them,
but only as long as none was written in the belief to know what the earlier ones do: the first call of a tool or of
final_answer, the first made-up output and the first sentence that does not lead to another block end the reply.
"""

import re
from dataclasses import replace

from agent_core.models.base import CallDelta
from agent_core.parsing.dialects.fence_lines import fence_in
from agent_core.parsing.dialects.observations import OBSERVATION
from agent_core.parsing.python_calls import FINAL_ANSWER
from agent_core.parsing.reader import ReplyReader
from agent_core.parsing.reply import Piece, Reply
from agent_core.parsing.shown_code import ReplyContext

_MOST_LINES = 4  # between two blocks
_LEADS_ON = re.compile(
    r"\s*(?:\#{1,6}\s|\W*(?:step|part)\s*\d|\d+[.)]\s|\W*(?:and\s+)?(?:then|next|now|finally|after\s+that|second(?:ly)?"
    r"|third(?:ly)?|afterwards|lastly)\b)|.*:\**\s*$",
    re.IGNORECASE,
)
_STATES_OUTPUT = re.compile(
    r"\b(?:outputs?|prints|printed|returns|gives|shows|(?:result|answer|sum|value)s?\s+(?:is|are|will|should))\b",
    re.IGNORECASE,
)


class CodeReplyReader:
    """Reads a reply piece by piece, as ReplyReader does.

    Args:
        context: What is known of the question.
    """

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._reader = ReplyReader()
        self._holds: bool | None = None  # whether code is held back, because it may be shown; None before any code
        self._raw = ""
        self._said = ""  # the prose that was shown
        self._held: list[Piece] = []
        self._blocks: list[str] = []  # earlier ones, with the prose between them as comments
        self._thought = ""
        self._rest = ""  # what came after the last block
        self._line = ""
        self._settled = self._answers = False

    @property
    def finished(self) -> bool:
        """Whether what still comes is not part of the reply."""
        return self._settled and self._reader.finished

    @property
    def acts(self) -> bool:
        """Whether there is a complete action, although another block may follow."""
        return (self._reader.finished and not self._holds and not self._answers) or bool(self._blocks)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing if the reply ends here: the action is complete, its last block included."""
        return self._reader.whole

    def feed(self, text: str) -> list[Piece]:
        """Take the next text of the stream and return what it adds to the prose and to the code."""
        pieces: list[Piece] = []
        for part in re.findall(r"[^\n]*\n|[^\n]+", text):
            pieces += self._feed_line(part)
        return pieces

    def feed_call(self, delta: CallDelta) -> list[Piece]:
        """Take a piece of a native call and return the code that it adds."""
        if self._reader.finished and not self._settled:
            return self._settle()
        self._holds = False  # a call acts, whatever the question
        return [*self._release(), *self._reader.feed_call(delta)]

    def close(self) -> list[Piece]:
        """End the stream and return what was held back."""
        pieces = self._pass_on(self._reader.close())
        if self._settled:
            return pieces
        if self._reader.finished and self._is_shown(ended=True):
            return [*pieces, *self._show_as_answer(), *self._pass_on(self._reader.close())]
        return [*pieces, *self._settle()]

    def reply(self) -> Reply:
        """Return what was read so far."""
        reply = self._reader.reply()
        if not self._blocks:
            return reply
        acts = reply.kind in ("code", "cut")
        code = "\n\n".join([*self._blocks, *([reply.code] if acts else [])])
        return replace(reply if acts else Reply("code"), thought=self._thought, code=code)

    def _feed_line(self, part: str) -> list[Piece]:
        if self._settled:
            return self._pass_on(self._reader.feed(part))
        if not self._reader.finished:
            self._raw += part
            pieces = self._pass_on(self._reader.feed(part))
            return [*pieces, *self._end_block()] if self._reader.finished else pieces
        self._raw += part
        pieces = self._reader.feed(part)  # the end of a draft that was never opened takes the action back
        if not self._reader.finished:
            self._held, self._rest, self._line, self._said, self._holds = [], "", "", "", None
            return pieces
        self._rest += part
        self._line += part
        if not self._line.endswith("\n"):
            return []
        line, self._line = self._line, ""
        if self._holds:
            shown = self._is_shown()
            if shown is None:
                return []
            if shown:
                return self._show_as_answer()
            self._holds = False
        return [*self._release(), *self._take_line(line)]

    def _end_block(self) -> list[Piece]:
        """Decide what follows the end of a block."""
        reply = self._reader.reply()
        if re.search(rf"\b(?:{'|'.join([FINAL_ANSWER, *map(re.escape, self._context.tools)])})\s*\(", reply.code):
            return self._settle()
        shown = self._is_shown()
        if shown:
            return self._show_as_answer()
        self._holds = shown is None
        return [] if self._holds else self._release()

    def _take_line(self, line: str) -> list[Piece]:
        """Read a line after a block that is to be run: another block of it, a line that leads to one, or the end."""
        fence = fence_in(line)
        if fence is not None and fence.kind == "code":
            return self._join(line)
        if not line.strip():
            return []
        lines = [other for other in self._rest.splitlines() if other.strip()]
        leads_on = _LEADS_ON.match(line) and not _STATES_OUTPUT.search(line)
        if fence is not None or OBSERVATION.match(line) or not leads_on or len(lines) > _MOST_LINES:
            return self._settle()
        return []

    def _join(self, line: str) -> list[Piece]:
        """Begin the next block of the program."""
        reply = self._reader.reply()
        between = [f"# {text.strip('#*: ')}" for text in self._rest.splitlines()[:-1] if text.strip()]
        if not self._blocks:
            self._thought = reply.thought
        self._blocks += [reply.code, *between[:_MOST_LINES]]
        self._reader, self._rest = ReplyReader(), ""
        return [Piece("code", "\n\n".join(["", *between, ""])), *self._reader.feed(line)]

    def _is_shown(self, *, ended: bool = False) -> bool | None:
        if not self._holds or self._blocks:
            return False
        reply = self._reader.reply()
        return reply.kind == "code" and self._context.shows(reply.thought, reply.code, self._rest, ended=ended)

    def _show_as_answer(self) -> list[Piece]:
        """Read the whole reply once more, as an answer that shows code. Returns what was not shown yet."""
        self._settled, self._answers, self._held = True, True, []
        self._reader = ReplyReader(accepts=lambda action: False)
        prose = "".join(piece.text for piece in self._reader.feed(self._raw) if piece.kind == "prose")
        new = prose[len(self._said) :]
        return [Piece("prose", new)] if new else []

    def _settle(self) -> list[Piece]:
        self._settled = True
        return self._release()

    def _release(self) -> list[Piece]:
        held, self._held = self._held, []
        return held

    def _pass_on(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces to show now; code that may be shown as prose is held back, as prose it comes whole."""
        if self._answers:
            return [piece for piece in pieces if piece.kind == "prose"]
        if self._settled:
            return pieces
        shown: list[Piece] = []
        for piece in pieces:
            if piece.kind == "prose":
                self._said += piece.text
                shown.append(piece)
                continue
            if self._holds is None:
                self._holds = self._context.may_show(self._said)
            (self._held if self._holds else shown).append(piece)
        return shown
