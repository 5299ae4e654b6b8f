"""Notices that a text has begun to say the same again and again, as small models do until their room is used up."""

import re
from collections.abc import Callable

_TAIL = 8_000  # characters that are looked at
_NEEDLE = 24  # characters that must have come before
_PLACES = 20  # before, at which they are looked for
_REPEATS = 6
_CHARACTERS = 1_000
_PLAIN_CHARACTERS = 6_000  # of zeros, empty cells, lines of dashes and the like, which are often meant
_STOP = re.compile(r"[.!?…][\"')\]*]*(?=\s)|[。！？]|\n")
_LETTERS = 6  # different ones, from which on a period is more than that
_REQUEST = 1_000  # characters at either end of a question, where a person says what is wanted
_WANTS_REPETITION = re.compile(
    r"""\d\s*(?:(?:times|copies|lines|rows|paragraphs|mal|fois|veces|vezes|volte|раз)\b(?!\s*\d)|x\b|[次遍回번])
    |\b(?:dozens?|hundreds?|thousands?|a\ (?:dozen|hundred|thousand|million)|(?:ten|twenty|fifty)\b)\W+(?:of\W+)?
        (?:times|copies|lines|rows|paragraphs)\b
    |\brepeat
    |\b(?:over\ and\ over|again\ and\ again|forever|non-?stop)\b|\bfill\b.*\b(?:page|screen|file|line)s?\b
    |wiederhol|répét|répèt|repit|repet|ripet|повтор|重复|重複|繰り返|반복""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_GIVEN = re.compile(r"[\"“”„«»`]([^\"“”„«»`]+)[\"“”„«»`]|'([^'\n]{6,})'|‘([^’\n]+)’|:\s*(.+)", re.DOTALL)


def circles(text: str, question: str = "") -> bool:
    """Return whether a text ends in one period that came so often that it will hardly ever end.

    Args:
        text: The text, as far as it has come.
        question: The person's question. What it asks to be repeated never circles.
    """
    found = _circle(text, lambda period: max(_length(period), _REPEATS * len(period)))
    return found is not None and not _is_wanted(text[-found[1] :], question)


def without_circle(text: str) -> str:
    """Return a text that circles with one period of its circle, up to the end of a sentence or line if there is one."""
    text = text.rstrip()
    found = _circle(text, lambda period: max(200, 3 * len(period)))
    if found is None:
        return text
    begin, period = found
    stop = _STOP.search(text, begin + period - 1, begin + 2 * period)
    return text[: stop.end() if stop else begin + period].rstrip()


def _is_wanted(period: str, question: str) -> bool:
    """Return whether a question asks for repetition, or gives the text that is repeated."""
    request = f"{question[:_REQUEST]}\n{question[_REQUEST:][-_REQUEST:]}"
    if _WANTS_REPETITION.search(request):
        return True
    repeated = _bare(period)
    given = [_bare(text) for found in _GIVEN.findall(request) for text in found if text]
    return any(text and len(text) == len(repeated) and text in 2 * repeated for text in given)


def _bare(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(filter(str.isalnum, text.casefold()))


def _length(period: str) -> int:
    letters = set(re.findall(r"[^\W\d_]", period.lower()))
    return _CHARACTERS if len(letters) >= _LETTERS else _PLAIN_CHARACTERS


def _circle(text: str, least: Callable[[str], int]) -> tuple[int, int] | None:
    """Return where the circle at the end of a text begins, and the length of its period; None if there is none.

    Args:
        text: The text.
        least: Returns how many characters the circle of a period must have.
    """
    if len(text) < 2 * _NEEDLE:
        return None
    tail = text[-_TAIL:]
    needle, at = tail[-_NEEDLE:], len(tail) - _NEEDLE
    for _ in range(_PLACES):
        at = tail.rfind(needle, 0, at + len(needle) - 1)
        if at < 0:
            return None
        period = len(tail) - len(needle) - at
        begin = _begin(tail, period)
        if len(tail) - begin >= least(tail[-period:]):
            return len(text) - len(tail) + begin, period
    return None


def _begin(tail: str, period: int) -> int:
    """Return where the end of a text begins that repeats with this period."""
    at = len(tail) - period
    while at >= period and tail[at - period : at] == tail[at : at + period]:
        at -= period
    while at > 0 and tail[at - 1] == tail[at - 1 + period]:
        at -= 1
    return at
