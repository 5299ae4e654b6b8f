"""Shows a native tool call that streams in as Python."""

import json
import re

from agent_core.models.base import CallDelta
from agent_core.parsing.call_to_python import CODE_KEYS, PYTHON_TOOL_NAMES, as_python
from agent_core.parsing.json_text import read_json
from agent_core.parsing.python_text import is_python
from agent_core.parsing.reply import Piece
from agent_core.parsing.tidy import tidy
from agent_core.text import whole_characters

_CODE_STARTS = re.compile(rf'^\s*\{{.*?"(?:{"|".join(CODE_KEYS)})"\s*:\s*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])")
_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")


class NativeCall:
    """A native call. Code for a Python tool is shown while it comes, another call when it is complete.

    Attributes:
        index: The number of the call in the reply.
        id: The id that the service gave it.
        name: The tool's name.
        code: The Python of the call, once it is finished.
        arguments: The arguments so far, as the model wrote them.
        finished: Whether the arguments are complete, or the next call has begun.
        unclosed: Whether it was ended before its arguments were complete, so that some of them may be missing.
    """

    def __init__(self, index: int) -> None:
        self.index, self.id, self.name, self.code, self.finished = index, "", "", "", False
        self.arguments, self.unclosed = "", False
        self._at = -1  # where in the arguments the code begins that is not decoded yet; -1 before the code begins
        self._shown = ""

    def feed(self, delta: CallDelta) -> list[Piece]:
        """Take a piece of the call, or of the next one, and return what is new to show."""
        if delta.index != self.index:
            return self.close()
        self.id = self.id or delta.id
        if delta.name != self.name and not self.arguments:  # some services send the name in pieces, or again and again
            self.name += delta.name
        self.arguments += delta.arguments
        pieces = self._decode() if self.name.lower() in PYTHON_TOOL_NAMES else []
        if delta.arguments.rstrip().endswith("}") and _is_object(self.arguments):
            pieces += self.close()
        return pieces

    def close(self) -> list[Piece]:
        """End the call, which is complete or was cut off, and return what is new to show."""
        if self.finished:
            return []
        self.finished = True
        text = self.arguments.strip()
        self.unclosed = text.startswith(("{", "[", '"')) and read_json(text) is None and not _is_code(self.name, text)
        self.code = tidy(self._shown) or (text if self.unclosed else as_python(self.name, text))
        return [] if self._shown or not self.code else [Piece("code", self.code)]

    def _decode(self) -> list[Piece]:
        """Return the code that has arrived since the last call, without an incomplete escape at its end."""
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


def _is_code(name: str, text: str) -> bool:
    """Return whether the arguments are the code itself, without JSON around it."""
    return name.lower() in PYTHON_TOOL_NAMES and is_python(text)


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
