"""A native tool call that streams in, as Python."""

import json
import re

from agent_core.models.base import CallDelta
from agent_core.parsing.call_to_python import CODE_KEYS, PYTHON_TOOL_NAMES, as_python
from agent_core.parsing.json_text import read_json
from agent_core.parsing.reply import Piece
from agent_core.parsing.tidy import tidy
from agent_core.text import whole_characters

_CODE_STARTS = re.compile(rf'^\s*\{{.*?"(?:{"|".join(CODE_KEYS)})"\s*:\s*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])")
_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")


class NativeCall:
    """A native call. A Python tool's code is shown while it comes, another call when complete.

    arguments: as the model wrote them, so far. finished: they are complete, or the next call has begun.
    """

    def __init__(self, index: int) -> None:
        self.index, self.id, self.name, self.code, self.finished = index, "", "", "", False
        self.arguments = ""
        self._at = -1  # where in the arguments the code that was not yet decoded begins; -1: the code has not begun
        self._shown = ""

    def feed(self, delta: CallDelta) -> list[Piece]:
        if delta.index != self.index:
            return self.close()
        self.id, self.name = self.id or delta.id, self.name or delta.name
        self.arguments += delta.arguments
        pieces = self._decode() if self.name.lower() in PYTHON_TOOL_NAMES else []
        if delta.arguments.rstrip().endswith("}") and _is_object(self.arguments):
            pieces += self.close()
        return pieces

    def close(self) -> list[Piece]:
        """The call is complete, or was cut off."""
        if self.finished:
            return []
        self.finished = True
        text = self.arguments.strip()
        value = read_json(text) if text.startswith("{") else text or None
        self.code = as_python(self.name, value if value is not None else text or None) or tidy(self._shown)
        return [] if self._shown or not self.code else [Piece("code", self.code)]

    def _decode(self) -> list[Piece]:
        """What has newly come of the code, without an escape that is not yet complete."""
        if self._at < 0:
            start = _CODE_STARTS.match(self.arguments)
            if start is None:
                return []
            self._at = start.end()
        end, text = self._at, self.arguments
        while end < len(text) and text[end] != '"':
            if text[end] != "\\":
                end += 1
            elif (escape := _ESCAPE.match(text, end)) and not _HALF_PAIR.match(text, end):
                end = escape.end()
            else:
                break
        new = _unescaped(text[self._at : end])
        self._at, self._shown = end, self._shown + new
        self.code = self._shown
        return [Piece("code", new)] if new else []


def _unescaped(text: str) -> str:
    try:
        return whole_characters(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except ValueError:
        return False
