"""Reading a reply, whole or piece by piece."""

import re

from agent_core.models.base import CallDelta
from agent_core.parsing.actions import CODE_LABELS, first_action
from agent_core.parsing.announcement import announces
from agent_core.parsing.calls import as_python, read_json
from agent_core.parsing.drafts import read_channels, until_end_token, without_drafts
from agent_core.parsing.native import NativeCall
from agent_core.parsing.python_text import starts_like_code
from agent_core.parsing.reply import Piece, Reply

_THOUGHT_PREFIX = re.compile(r"\A\s*(?:\*\*)?Thoughts?(?:\*\*)?\s*:(?:\*\*)?[ \t]*", re.IGNORECASE)
_CODE_SUFFIX = re.compile(
    r"(?:\n|\A)[ \t]*(?:\*\*)?(?:Code|Python|Action|Python code)(?:\*\*)?\s*:(?:\*\*)?\s*\Z", re.IGNORECASE
)
_ANSWER_PREFIX = re.compile(r"\A\s*(?:\*\*)?(?:Final[ _]Answer)(?:\*\*)?\s*:(?:\*\*)?[ \t]*", re.IGNORECASE)
_WRAPPERS = re.compile(r"</?(?:thought|answer|response|final_answer|output)>", re.IGNORECASE)
_OPENING = re.compile(
    r"^[ \t]*(?:`{3,}|~{3,})[ \t]*(?P<label>[\w-]*)[ \t]*$"
    r"|^[ \t]*(?P<tag><(?:code|python|execute|tool_code)>)[ \t]*$"
)
_SUSPECT = re.compile(
    r"^\s*(?:[<{`~>]|\[[A-Z{]|\*{0,2}Action\b|\*{0,2}(?:Code|Python)\*{0,2}:|In ?\[|functools|[-*+\d.)]+[ \t]+[`~])"
)
_MAY_END = re.compile(
    r"^[ \t>]*(?:`{3,}|~{3,})|`{3,}[ \t]*(?:<.*)?$|<end_"
    r"|</?(?:code|python|py|execute|tool|function|invoke|action|ipython|run)"
    r"|\[/|\|>|｜>",
    re.IGNORECASE,
)
_FREE_LOOKS = 40


def parse_reply(text: str) -> Reply:
    """Read a whole reply."""
    return _read(text)[0]


def _read(text: str) -> tuple[Reply, bool]:
    """The reply that a text makes, and whether it has an action that is complete."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff\u200b\u200c\u2060")
    channels = read_channels(text)
    if channels is not None:
        if channels.call:
            name, given = channels.call
            value = read_json(given) if given.lstrip().startswith("{") else None
            code = as_python(name, given if value is None else value)
            if code:
                return Reply("code", thought=_clean_thought(channels.aside), code=code), channels.ended
        text = channels.answer or channels.aside
    text, open_draft = without_drafts(text)
    found = first_action(text) or first_action(until_end_token(text))
    if found is not None and found.code.strip():
        return Reply("code", thought=_clean_thought(found.thought), code=found.code.strip("\n")), found.complete
    answer = _clean_answer(until_end_token(text))
    if not answer:
        draft = open_draft.strip()
        return Reply("unclear", thought=draft, answer=draft), False
    if announces(answer):
        return Reply("unclear", thought=answer, answer=answer), False
    return Reply("answer", answer=answer), False


def _clean_thought(text: str) -> str:
    text = _WRAPPERS.sub("", until_end_token(text))
    return _CODE_SUFFIX.sub("", _THOUGHT_PREFIX.sub("", text)).strip()


def _clean_answer(text: str) -> str:
    text = text.strip()
    if re.fullmatch(r"(?:`{3,}|~{3,})\w*\s*(?:`{3,}|~{3,})?", text):
        return ""  # an empty block
    text = _WRAPPERS.sub("", text) if text.startswith("<") else text
    return _ANSWER_PREFIX.sub("", text).strip()


class ReplyReader:
    """Reads a reply piece by piece: `feed` what arrives, `close` at its end, then ask for the `reply`.

    finished: the first action is complete; what still comes is not part of the reply. What is shown while it streams
    are the lines that can be nothing but prose or plain code; all else is held back until it is clear.
    """

    def __init__(self) -> None:
        self.finished = False
        self._text = ""
        self._call: NativeCall | None = None
        self._closed = False
        self._line_start = 0  # of the line that is being written
        self._shown = 0  # up to where the text was shown, or taken in silently
        self._state = "prose"  # or "code", "quote", "held"
        self._marks = ""
        self._code_shown = False
        self._looks = self._looked_at = 0

    def feed(self, text: str) -> list[Piece]:
        """Take the next text of the stream and return what it adds to the prose and to the code."""
        if self._call is not None or not text:
            return []
        pieces: list[Piece] = []
        for part in re.findall(r"[^\n]*\n|[^\n]+", text):
            self._text += part
            if self.finished:
                continue
            if part.endswith("\n"):
                pieces += self._take_line()
                self._line_start = len(self._text)
            else:
                pieces += self._take_start()
        return _joined(pieces)

    def feed_call(self, delta: CallDelta) -> list[Piece]:
        """Take a piece of a native tool call and return what it adds to the code. The first call is the action."""
        if self._call is None:
            if self.finished:
                return []
            self._call = NativeCall(delta.index)
        code = self._call.take(delta)
        self.finished = self._call.complete
        return [Piece("code", code)] if code else []

    def close(self) -> list[Piece]:
        """The stream is over: what was held back is clear now."""
        if self._closed:
            return []
        self._closed = True
        if self._call is not None:
            rest = self._call.close()
            return [Piece("code", rest)] if rest else []
        reply = self.reply()
        if reply.kind == "code":
            return [] if self._code_shown else [Piece("code", reply.code)]
        rest = self._text[self._shown :]
        return [Piece("prose", rest)] if rest.strip() and (reply.answer or reply.thought) else []

    def reply(self) -> Reply:
        """What was read so far, as a Reply."""
        if self._call is not None and self._call.code.strip():
            thought = _clean_thought(without_drafts(self._text)[0])
            return Reply("code", thought=thought, code=self._call.code, call_id=self._call.id)
        return parse_reply(self._text)

    def _take_line(self) -> list[Piece]:
        line = self._text[self._line_start :]
        before = self._state
        pieces = self._show_line(line)
        if before != "quote" and _MAY_END.search(line) and self._is_complete():
            self.finished = True
            if self._state == "held" and not self._code_shown:
                pieces.append(Piece("code", self.reply().code))
                self._code_shown = True
        return pieces

    def _take_start(self) -> list[Piece]:
        """What can be shown of a line that is not complete."""
        line = self._text[self._line_start :]
        if line.rstrip().endswith(">") and _MAY_END.search(line) and self._is_complete():
            self.finished = True
        if self.finished or self._state in ("held", "quote"):
            return []
        if self._shown <= self._line_start and (not line.strip() or self._may_be_mark(line)):
            return []
        return self._show(len(self._text))

    def _may_be_mark(self, line: str) -> bool:
        start = line.lstrip()
        if self._state == "code":
            return start[0] in "`~<" or "<" in line
        if start[0] in "`~<{[>-*+0123456789":
            return True
        return starts_like_code_begun(line) or not re.search(r"\s", start)

    def _show_line(self, line: str) -> list[Piece]:
        if self._state == "prose":
            return self._show_prose_line(line)
        if self._state == "code":
            if self._closes(line) or _MAY_END.search(line):
                self._shown = len(self._text)
                if not self._is_complete():  # a fence inside a string
                    return [Piece("code", line)]
                return []
            return self._show(len(self._text))
        if self._state == "quote":
            if self._closes(line):
                self._state = "prose"
            return self._show(len(self._text))
        return []

    def _show_prose_line(self, line: str) -> list[Piece]:
        opening = _OPENING.match(line.rstrip("\n"))
        if self._shown > self._line_start:  # its beginning was shown, so it is prose
            return self._show(len(self._text))
        if opening and (opening["tag"] or (opening["label"] or "").lower() in CODE_LABELS):
            self._state, self._marks = "code", (opening.group().strip()[:3] if not opening["tag"] else "")
            self._shown = len(self._text)
            return []
        if opening and opening["label"] and opening["label"].lower() not in ("json", "tool_call", "xml"):
            self._state, self._marks = "quote", opening.group().strip()[:3]
            return self._show(len(self._text))
        if _SUSPECT.match(line) or starts_like_code(line.rstrip()):
            self._state = "held"
            return []
        return self._show(len(self._text))

    def _closes(self, line: str) -> bool:
        return bool(self._marks) and re.fullmatch(rf"[ \t]*{re.escape(self._marks)}[`~]*[ \t]*\n?", line) is not None

    def _show(self, until: int) -> list[Piece]:
        text, self._shown = self._text[self._shown : until], until
        if not text:
            return []
        self._code_shown = self._code_shown or (self._state == "code" and bool(text.strip()))
        return [Piece("code" if self._state == "code" else "prose", text)]

    def _is_complete(self) -> bool:
        """Whether there is an action by now. Looked at ever more rarely where it was not, as each look reads it all."""
        self._looks += 1
        if self._looks > _FREE_LOOKS and len(self._text) < self._looked_at * 1.2:
            return False
        self._looked_at = len(self._text)
        reply, complete = _read(self._text)
        return complete and reply.kind == "code"


def starts_like_code_begun(line: str) -> bool:
    """Whether a line that is not complete may become one of code that stands in the open."""
    return (
        re.match(
            r"\*{0,2}(?:Action|Code|Python)\b|(?:import|from|def|class|for|while|with|try|if|async|@|#|[\w.]+\s*[(=\[])",
            line,
        )
        is not None
    )


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined
