"""LaTeX that code displays, as formulas of a message."""

import re
from functools import lru_cache

from ui.view.escaping import Formulas, escape, printable

LONGEST_LATEX = 10_000  # characters; the browser takes a tenth of a second for as much
_CLOSING = {"$$": "$$", "$": "$", "\\[": "\\]", "\\(": "\\)"}
_TOKEN = re.compile(r"\\.?|\$\$?|[^\\$]+")
# Macros of its own can make a short formula endless; and the page has its own mark for one formula in another.
_REFUSED = re.compile(
    r"\\(?:[egx]?def|(?:g|future)?let|global|long|(?:re)?newcommand|providecommand|char)(?![a-zA-Z])|%%%LATEX_BLOCK_"
)
_ONE_FORMULA = "\ue0000\ue001"  # what is left of a text that is one formula as a whole


@lru_cache(maxsize=256)
def formula_markdown(latex: str) -> str | None:
    """Return LaTeX as Markdown with formulas that begin and end in it; None if it can only be shown as text.

    Args:
        latex: A formula, with or without delimiters, or a text with formulas in it, as IPython's Latex takes it.
    """
    if len(latex) > LONGEST_LATEX or _REFUSED.search(latex):
        return None
    parts = _parts(" ".join(printable(latex).split()))
    if parts is None:
        return None
    filled = [(is_formula, text) for is_formula, text in parts if text.strip()]
    if len(filled) == 1:
        return _formula(filled[0][1], "$$", "$$")
    shown = [_formula(text, "\\(", "\\)") if is_formula else escape(text) for is_formula, text in filled]
    return None if None in shown else "".join(filter(None, shown)) or None


def _parts(latex: str) -> list[tuple[bool, str]] | None:
    """Return the formulas and texts of LaTeX, each with whether it is a formula; None if a formula has no end."""
    parts, closing, part = [], "", ""
    for token in _TOKEN.findall(latex):
        if token == closing:
            parts.append((True, part))
            closing = part = ""
        elif not closing and token in _CLOSING:
            parts.append((False, part))
            closing, part = _CLOSING[token], ""
        else:
            part += token
    return None if closing else [*parts, (False, part)]


def _formula(body: str, left: str, right: str) -> str | None:
    """Return a formula between delimiters; None if it might not end with them."""
    depth = 0
    for sign in re.findall(r"\\.?|[{}]", body):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0 or sign == "\\":
            return None
    formula = left + body.strip().replace("<", "\\lt ").replace(">", "\\gt ") + right
    return formula if depth == 0 and "$" not in body and Formulas(formula).text == _ONE_FORMULA else None
