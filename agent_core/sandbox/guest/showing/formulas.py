"""Expressions of SymPy as formulas, also where they stand in lists, tuples, sets and dicts, as solvers return them."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

_LONGEST = 3_000  # characters of an expression as text; a longer one is not readable as a formula
_DEEPEST = 4  # containers in each other
_MOST = 100  # expressions in them


def formula_of(value: Any) -> dict[str, str]:
    """Return an expression's formula as a part of its MIME bundle, with its text; {} if it is none."""
    sympy = sys.modules.get("sympy")
    if not sympy or not hasattr(sympy, "latex"):  # it is being imported
        return {}
    printable = getattr(sys.modules.get("sympy.printing.defaults"), "Printable", ())
    parts = list(islice(_parts(value, _DEEPEST), _MOST + 1))
    if len(parts) > _MOST or not any(isinstance(part, printable) for part in parts):
        return {}
    if not all(isinstance(part, (printable, int, float, complex)) for part in parts):
        return {}
    text = repr(value)
    if len(text) > _LONGEST:
        return {"text/plain": text}
    with suppress(Exception):  # what LaTeX has no words for is text
        return {"text/plain": text, "text/latex": f"$\\displaystyle {sympy.latex(value)}$"}
    return {"text/plain": text}


def _parts(value: Any, depth: int) -> Iterator[Any]:
    """Yield what is in containers, in each other too."""
    if isinstance(value, dict) and depth:
        for item in value.items():
            yield from _parts(item, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth:
        for item in value:
            yield from _parts(item, depth - 1)
    else:
        yield value
