"""Web pages that were written for this, each with the facts that a reader must find, and how they are looked for."""

import re
import tomllib
from pathlib import Path

PAGES = Path(__file__).parent


def load_facts() -> dict[str, list[str]]:
    """By page, what a reader must find."""
    listed = tomllib.loads((PAGES / "facts.toml").read_text(encoding="utf-8"))
    return {name: page["facts"] for name, page in listed.items()}


def load_second() -> list[str]:
    """The pages of the second set, with which no reader was worked on before its first run on them."""
    listed = tomllib.loads((PAGES / "facts.toml").read_text(encoding="utf-8"))
    return [name for name, page in listed.items() if page.get("second")]


def missing(text: str, facts: list[str]) -> list[str]:
    """The facts that are not in a text. What counts as found is said in facts.toml."""
    lines = _without_marks(text)
    flat = " ".join(lines.split())
    return [fact for fact in facts if not _has(fact, lines, flat)]


def _has(fact: str, lines: str, flat: str) -> bool:
    if fact.startswith("/") and fact.endswith("/"):
        return bool(re.search(fact[1:-1], lines, re.MULTILINE))
    return " ".join(_without_marks(fact).split()) in flat


def _without_marks(text: str) -> str:
    """Without emphasis, marks of code, and the backslashes that some writers put before punctuation."""
    return re.sub(r"[*_`]", "", re.sub(r"\\(?=[^\w\s])", "", text))
