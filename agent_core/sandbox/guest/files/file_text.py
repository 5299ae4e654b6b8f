"""How the bytes of a text file read: their encoding, and the first lines."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from .encodings import guess_encoding

_HEAD = 2**16  # bytes that are read to find out
_FOREIGN = 0.3  # share of bytes beyond ASCII from which on a text is not in a Western encoding
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHUNK = 2**20


@dataclass(frozen=True)
class Text:
    """The beginning of a text file.

    Attributes:
        encoding: Its name in Python.
        lines: The first lines, without their ends.
        lines_in_all: The number of lines in the whole file.
    """

    encoding: str
    lines: list[str]
    lines_in_all: int


def read_text(path: Path) -> Text | None:
    """Return how a file reads as text; None if it is none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    encoding = _encoding(head)
    if encoding is None:
        return None
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    lines = text.splitlines()
    return Text(encoding, lines[:-1] if len(head) == _HEAD and len(lines) > 1 else lines, _count_lines(path))


def _encoding(head: bytes) -> str | None:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _older_encoding(head)
    return "utf-8"


def _older_encoding(head: bytes) -> str:
    if sum(byte > 127 for byte in head) < _FOREIGN * len(head):
        return "cp1252"
    return guess_encoding(head) or "cp1252"


def _count_lines(path: Path) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            count += chunk.count(b"\n")
            last = chunk
    return count + (not last.endswith((b"\n", b"\n\0")))
