"""Tools of ours in a module whose annotations are not evaluated, and other odd ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]

from agent_core import tool


@dataclass
class Tree:
    name: str
    branches: list[Tree] = field(default_factory=list)


@tool
def grow(tree: Tree, by: int = 1) -> Tree:
    """Grow a tree."""
    return Tree(tree.name * (by + 1), tree.branches)


@tool
def distance(x: float, y: float) -> float:
    """Tell how far a point is."""
    return hypot(x, y)  # noqa: F405


@tool
def itself(self: int) -> int:
    """Take a parameter with a name that methods need."""
    return self


def _made(text: str) -> str:
    return text


@tool
def cleared(text: str) -> str:
    """Use a function with a name that is taken in what is written."""
    return _made(text)
