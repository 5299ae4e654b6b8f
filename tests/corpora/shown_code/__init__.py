"""Replies with code, each with its question and what the code is for: to be run, or to be shown as the answer.

tuning.txt is what the rules were written by, held_out.txt what they are measured by: do not tune to that one. All are
made up after the ways in which chat models write; each with a question of its own.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_HEAD = re.compile(r"^=== (answer|run) \| (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """A reply. kind: "answer" if its code is the answer, "run" if it has to be run."""

    kind: str
    question: str
    reply: str


def load(name: str) -> list[Shown]:
    """The replies of one of the files: "tuning" or "held_out"."""
    text = Path(__file__).with_name(f"{name}.txt").read_text("utf-8")
    _, *parts = _HEAD.split(text)
    return [Shown(*case) for case in zip(parts[::3], parts[1::3], parts[2::3], strict=True)]
