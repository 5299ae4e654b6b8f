"""Formulas as MathML, which browsers draw without any script."""

import re
from functools import lru_cache
from html import escape

import nh3
from latex2mathml.converter import convert

from ui.view.escaping import FORMULAS, MARK, Formulas

_LONGEST = 2_000  # characters of one formula
_TAGS = (
    "maction math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt "
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none"
)
_ATTRIBUTES = (
    "accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form height largeop "
    "linethickness lspace mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel "
    "separator stretchy symmetric voffset width"
)
_CLEANER = nh3.Cleaner(tags=set(_TAGS.split()), attributes={"*": set(_ATTRIBUTES.split())})
_CODE_OR_TAG = re.compile("(<(pre|code)>.*?</\\2>|<[^>]*>)", re.DOTALL)


def put_back(formulas: Formulas, html: str) -> str:
    """Return HTML with its formulas: drawn where they are text, and as they were written in code and in tags.

    Args:
        formulas: The formulas that were taken out of the Markdown.
        html: What became of the Markdown, cleaned, with a mark instead of each formula.
    """

    def written(text: str) -> str:
        return MARK.sub(lambda match: escape(formulas.put_back(match[0], as_code=True)), text)

    def drawn(text: str) -> str:
        return MARK.sub(lambda match: formula_html(formulas.put_back(match[0], as_code=True)), text)

    done, parts = 0, list[str]()
    for match in _CODE_OR_TAG.finditer(html):
        parts += [drawn(html[done : match.start()]), written(match[0])]
        done = match.end()
    return "".join([*parts, drawn(html[done:])])


@lru_cache(maxsize=256)
def formula_html(formula: str) -> str:
    """Return a formula with its delimiters as MathML; as text if it is none that could be drawn."""
    left, right = next(pair for pair in FORMULAS if formula.startswith(pair[0]))
    latex = formula.removeprefix(left).removesuffix(right).strip()
    if len(latex) > _LONGEST:
        return escape(formula)
    try:
        latex = latex.replace("<", r"\lt ").replace(">", r"\gt ")
        drawn = convert(latex, display="inline" if left == r"\(" else "block")
    except Exception:  # whatever a model has written
        return escape(formula)
    return _CLEANER.clean(drawn)
