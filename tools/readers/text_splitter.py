"""Splits a long text into parts, at the places where that does the least harm."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.readers.markdown import is_rule

_FENCE = re.compile(r"\s*(```+|~~~+)")


@dataclass(frozen=True)
class Block:
    """Lines that belong together: a paragraph, a list, a table or a code block.

    Attributes:
        lines: The lines.
        lead: What each piece begins with if the block is cut, such as a table's columns or a fence.
        tail: What each piece ends with if the block is cut.
    """

    lines: list[str]
    lead: str = ""
    tail: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_heading(self) -> bool:
        return bool(re.match("#{1,6} ", self.lines[0]))


def split_markdown(text: str, size: int) -> list[str]:
    """Split a Markdown text into parts of at most `size` characters.

    It is cut between blocks if possible, or else between lines, sentences or words. If a table is cut, each part
    repeats its columns; if a code block is cut, each part has fences.
    """
    parts: list[str] = []
    current: list[str] = []
    length = 0
    for block in blocks(text):
        # A block that must be cut in any case begins in the current part, unless little of it would fit.
        first = size - length if size - length > size // 3 else size
        for piece in _pieces(block, size, first):
            if current and length + len(piece) > size:
                # A heading stays with the text that it is for.
                heading = [current.pop()] if len(current) > 1 and re.fullmatch("#{1,6} [^\n]*", current[-1]) else []
                parts.append("\n\n".join(current))
                current = heading if heading and len(heading[0]) + 2 + len(piece) <= size else []
                length = len(current[0]) + 2 if current else 0
            current.append(piece)
            length += len(piece) + 2
    return [*parts, "\n\n".join(current)] if current or not parts else parts


def split_lines(text: str, size: int) -> list[str]:
    """Split a text that is not Markdown into parts of at most `size` characters, between lines if possible."""
    return list(_pieces(Block(text.split("\n")), size, size)) or [""]


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text. Blank lines separate them, except inside a code block."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark[1].startswith(fence) and line.strip() == mark[1]:
                yield _block(lines)
                lines, fence = [], ""
        elif mark:
            if lines:
                yield _block(lines)
            lines, fence = [line], mark[1]
        elif line.strip():
            lines.append(line)
        elif lines:
            yield _block(lines)
            lines = []
    if lines:
        yield _block(lines)


def _block(lines: list[str]) -> Block:
    mark = _FENCE.match(lines[0])
    if mark and len(lines) > 1:
        return Block(lines, lead=f"{lines[0]}\n", tail=f"\n{mark[0]}")
    if len(lines) > 2 and is_rule(lines[1]):
        return Block(lines, lead=f"{lines[0]}\n{lines[1]}\n")
    return Block(lines)


def _pieces(block: Block, size: int, first: int) -> Iterator[str]:
    """Yield the block itself, or pieces of at most `size` characters, the first one of at most `first`."""
    if len(block.text) <= size:
        yield block.text
        return
    repeated = len(block.lead) + len(block.tail)
    lead, tail = (block.lead, block.tail) if repeated < size // 2 else ("", "")
    room = max(first, repeated + 1) - len(lead) - len(tail) if lead else first
    later = size - len(lead) - len(tail)
    skipped = lead.count("\n")
    inner = block.lines[skipped : len(block.lines) - tail.count("\n")] if lead else block.lines
    piece = ""
    for line in inner:
        for part in _short(line, later):
            if len(piece) + 1 + len(part) > room:
                if piece:
                    yield f"{lead}{piece}{tail}"
                piece, room = part, later
            else:
                piece = f"{piece}\n{part}" if piece else part
    if piece:
        yield f"{lead}{piece}{tail}"


def _short(line: str, room: int) -> Iterator[str]:
    """Yield the line itself, or pieces of it that are cut after a sentence, or else after a word, or else anywhere."""
    start = 0
    while len(line) - start > room:
        window = line[start : start + room]
        cuts = [window.rfind(mark) + 1 for mark in (". ", "。", " ")]
        cut = next((cut for cut in cuts if cut > room // 2), room)
        yield window[:cut].rstrip()
        start += cut
    yield line[start:]
