"""Replies as models write them, and what is to be read in each: one text file for each kind.

A case is `=== name | kind`, the reply, `---`, and the code or the answer that is expected ("" for unclear ones).
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """kind: as Reply.kind. expected: the code, or the answer."""

    name: str
    kind: str
    text: str
    expected: str


def load() -> list[Case]:
    """All the cases."""
    return [case for path in sorted(Path(__file__).parent.glob("*.txt")) for case in _read(path)]


def _read(path: Path) -> list[Case]:
    cases = []
    for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, body = part.split("\n", 1)
        name, kind = (word.strip() for word in head.split("|"))
        text, expected = re.split(r"^--- ?\n?", body, maxsplit=1, flags=re.MULTILINE)
        cases.append(Case(f"{path.stem}: {name}", kind, text.rstrip("\n"), expected.strip("\n")))
    return cases
