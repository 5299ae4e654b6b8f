"""Searches a document for words, and shows the passages around them and where each is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.readers.markdown import is_rule, plain
from tools.readers.text_splitter import Block, blocks

AROUND = 300  # characters before and after a match in a long line
LINES_AROUND = 2  # lines of a long block that are shown before and after a match
LONGEST_BLOCK = 800  # characters of a block that is shown whole
HEADINGS = 40  # headings to list if nothing is found


@dataclass(frozen=True)
class Passage:
    part: int
    heading: str
    text: str
    matches: int


def find_passages(words: str, parts: Sequence[str], size: int) -> str:
    """Search the parts of a document for words: as a phrase, or else all of them in one block.

    Args:
        words: The words to search for.
        parts: The parts of the document's text.
        size: The most characters to return.

    Returns:
        The passages with the words. If there are none, a sentence that says so, and the document's headings.
    """
    wanted = " ".join(words.casefold().split())
    passages = list(_passages(parts, re.compile(re.escape(wanted).replace(r"\ ", r"\s+")), [wanted]))
    how = f"for {words[:200]!r}"
    if not passages and " " in wanted:
        several = sorted(set(wanted.split()), key=len, reverse=True)
        passages = list(_passages(parts, re.compile("|".join(map(re.escape, several))), several))
        how = f"for all words of {words[:200]!r}, which stand nowhere as a phrase"
    if not passages:
        return _nothing_found(words, parts, size)
    return _write(passages, how, len(parts), size)


def _passages(parts: Sequence[str], pattern: re.Pattern[str], needed: Sequence[str]) -> Iterator[Passage]:
    heading = lead = ""
    for number, part in enumerate(parts, 1):
        for block in blocks(part):
            # The next piece of a cut table repeats its columns.
            folded = _fold(block.text[len(lead) :] if lead and block.lead == lead else block.text)
            lead = block.lead
            if all(word in folded for word in needed):
                matches = len(pattern.findall(folded))
                yield Passage(number, "" if block.is_heading else heading, _excerpt(block, pattern), matches)
            if block.is_heading:
                heading = plain(block.text.lstrip("# "))


def _fold(text: str) -> str:
    """Return the words of a text in the form in which they are compared."""
    return " ".join(plain(text).casefold().split())


def _excerpt(block: Block, pattern: re.Pattern[str]) -> str:
    """Return the block; of a long one only the lines with a match and those around them, or a table's matching rows."""
    if len(block.text) <= LONGEST_BLOCK or block.is_heading:
        return block.text
    lines = block.lines
    hits = [number for number, line in enumerate(lines) if pattern.search(_fold(line))]
    if not hits:  # the match goes across the end of a line
        hits = [_line_of(block, pattern)]
    is_table = len(lines) > 2 and is_rule(lines[1])
    around = 0 if is_table else LINES_AROUND
    shown = {near for hit in hits for near in range(hit - around, hit + around + 1) if 0 <= near < len(lines)}
    shown |= {0, 1} if is_table else set()
    written: list[str] = []
    last = -1
    for number in sorted(shown):
        if number > last + 1 and not is_table:
            written.append("…")
        written.append(_window(lines[number], pattern))
        last = number
    return "\n".join([*written, *(["…"] if last < len(lines) - 1 and not is_table else [])])


def _line_of(block: Block, pattern: re.Pattern[str]) -> int:
    """Return the number of the line in which the first match of a block begins."""
    match = pattern.search(_fold(block.text))
    length = 0
    for number, line in enumerate(block.lines):
        length += len(_fold(line)) + 1
        if match and match.start() < length:
            return number
    return 0


def _window(line: str, pattern: re.Pattern[str]) -> str:
    """Return the line; of a long one only the text around the first match."""
    if len(line) <= LONGEST_BLOCK:
        return line
    match = pattern.search(line.casefold()) or pattern.search(_fold(line))
    start = max(0, (match.start() if match else 0) - AROUND)
    end = (match.end() if match else 0) + AROUND
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _write(passages: Sequence[Passage], how: str, parts: int, size: int) -> str:
    matches = sum(passage.matches for passage in passages)
    numbers = sorted({passage.part for passage in passages})
    shown = [str(number) for number in numbers[:30]] + (["…"] if len(numbers) > 30 else [])
    where = f", in part{'s' if len(numbers) > 1 else ''} {', '.join(shown)} of {parts}" if parts > 1 else ""
    head = f"{matches:,} match{'' if matches == 1 else 'es'} {how}{where}."
    written: list[str] = []
    room = size - len(head) - 100
    for passage in passages:
        place = [f"part {passage.part}"] if parts > 1 else []
        place += [f"under {passage.heading[:150]!r}"] if passage.heading else []
        text = f"[{', '.join(place)}]\n{passage.text}" if place else passage.text
        if written and room < len(text) + 2:
            break
        written.append(text if len(text) <= room else text[:room].rpartition("\n")[0] + "\n…")
        room -= len(text) + 2
    if len(written) < len(passages):
        head += f" The first {len(written)} of {len(passages)} passages are shown; more words find fewer."
    return "\n\n".join([head, *written])


def _nothing_found(words: str, parts: Sequence[str], size: int) -> str:
    headings = [block.text.strip() for part in parts for block in blocks(part) if block.is_heading]
    headings = [heading for heading in headings if not re.fullmatch(r"## Page \d+", heading)]  # those of a PDF
    text = f"No match for {words[:200]!r} in the {len(parts)} part{'s' if len(parts) > 1 else ''} of this page."
    if not headings:
        return text
    more = f"\n… and {len(headings) - HEADINGS} more" if len(headings) > HEADINGS else ""
    return f"{text} Its headings:\n\n" + "\n".join(headings[:HEADINGS])[: size - 500] + more
