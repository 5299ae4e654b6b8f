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


def circles(text: str) -> bool:
    """Return whether a text ends in one period that came so often that it will hardly ever end."""
    return _circle(text, lambda period: max(_length(period), _REPEATS * len(period))) is not None


def without_circle(text: str) -> str:
    """Return a text that circles with one period of its circle, up to the end of a sentence or line if there is one."""
    text = text.rstrip()
    found = _circle(text, lambda period: max(200, 3 * len(period)))
    if found is None:
        return text
    begin, period = found
    stop = _STOP.search(text, begin + period - 1, begin + 2 * period)
    return text[: stop.end() if stop else begin + period].rstrip()


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
