"""How deep the values of a JSON document lie within each other: what is very deep breaks those who read it."""

from typing import Any


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether lists and dicts lie in each other more than this many levels deep.

    Args:
        value: Any JSON value.
        levels: How many levels are taken; a plain value is one, a list of plain values two.
    """
    layer = [value]
    for _ in range(levels):
        layer = [inner for outer in layer for inner in _inside(outer)]
        if not layer:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
