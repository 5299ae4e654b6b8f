"""A tool of ours in a module whose annotations are not evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_core import tool


@dataclass
class Tree:
    name: str
    branches: list[Tree] = field(default_factory=list)


@tool
def grow(tree: Tree, by: int = 1) -> Tree:
    """Grow a tree."""
    return Tree(tree.name * (by + 1), tree.branches)
