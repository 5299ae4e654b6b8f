"""Draws an agent with its tools and sub-agents: as a tree for the terminal, and as text for Mermaid."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from agent_core.agents.as_tool import AgentTool
from agent_core.agents.base import Agent
from agent_core.agents.code import CodeAgent
from agent_core.text import truncate
from agent_core.tools.base import Tool
from agent_core.tools.docstrings import read_docstring

_LONGEST_DESCRIPTION = 100  # characters
_LONGEST_INPUTS = 200


@dataclass(frozen=True)
class Branch:
    """A part of the drawing.

    Attributes:
        title: What it is.
        details: Lines on it.
        branches: The parts below it.
        is_agent: Whether it is an agent, and not a tool.
    """

    title: str
    details: tuple[str, ...] = ()
    branches: "tuple[Branch, ...]" = ()
    is_agent: bool = False


class AgentDrawing:
    """A drawing of an agent. `str` of it is a tree of text; Jupyter shows it as a diagram of Mermaid."""

    def __init__(self, agent: Agent) -> None:
        self._root = _branch_of(agent, "", ())

    def __str__(self) -> str:
        return "\n".join(_lines(self._root, "", ""))

    @property
    def mermaid(self) -> str:
        """The drawing as text for Mermaid, which GitHub, Jupyter and many editors draw."""
        return "\n".join(["flowchart TD", *_boxes(self._root, "n")])

    def show(self) -> None:
        """Print the tree in the colours of the terminal.

        Raises:
            ImportError: rich is not installed.
        """
        try:
            from rich import print as print_richly
            from rich.text import Text
            from rich.tree import Tree
        except ModuleNotFoundError as error:
            raise ImportError("show() needs another package: pip install 'glassbox[console]'.") from error

        def label(branch: Branch) -> Text:
            parts = [
                (branch.title, "bold cyan" if branch.is_agent else "bold"),
                *((f"\n{d}", "dim") for d in branch.details),
            ]
            return Text.assemble(*parts)

        def grow(tree: Tree, branch: Branch) -> Tree:
            for below in branch.branches:
                grow(tree.add(label(below)), below)
            return tree

        print_richly(grow(Tree(label(self._root)), self._root))

    def _repr_markdown_(self) -> str:
        return f"```mermaid\n{self.mermaid}\n```"


def _branch_of(agent: Agent, name: str, around: tuple[object, ...]) -> Branch:
    kind = type(agent).__name__
    title = f"{name} · {kind} · {agent.model.name}" if name else f"{kind} · {agent.model.name}"
    if agent in around:
        return Branch(title, ("is drawn above",), is_agent=True)
    details = [f"at most {agent.max_steps} steps"]
    if isinstance(agent, CodeAgent):
        details.append(f"may import {', '.join(agent.policy.imports) or 'nothing'}")
    if agent.fallbacks:
        details.append(f"falls back to {', '.join(model.name for model in agent.fallbacks)}")
    tools = tuple(map(partial(_branch_of_tool, around=(*around, agent)), agent.tools))
    return Branch(title, tuple(details), tools, is_agent=True)


def _branch_of_tool(tool: Tool, around: tuple[object, ...]) -> Branch:
    about = truncate(" ".join(read_docstring(tool.description).text.split()), _LONGEST_DESCRIPTION)
    if isinstance(tool, AgentTool) and isinstance(tool.agent, Agent):
        inner = _branch_of(tool.agent, tool.name, around)
        return Branch(inner.title, (about, *inner.details), inner.branches, is_agent=True)
    return Branch(truncate(f"{tool.name}{tool.signature.text()}", _LONGEST_INPUTS), (about,))


def _lines(branch: Branch, first: str, others: str) -> Iterator[str]:
    yield first + branch.title
    trunk = "│ " if branch.branches else "  "
    yield from (others + trunk + line for line in branch.details)
    for below in branch.branches:
        is_last = below is branch.branches[-1]
        yield from _lines(below, others + ("└─ " if is_last else "├─ "), others + ("   " if is_last else "│  "))


def _boxes(branch: Branch, place: str) -> Iterator[str]:
    text = "<br>".join(map(_escaped, (branch.title, *branch.details)))
    yield f'    {place}(["{text}"])' if branch.is_agent else f'    {place}["{text}"]'
    for number, below in enumerate(branch.branches, 1):
        yield from _boxes(below, f"{place}_{number}")
        yield f"    {place} --> {place}_{number}"


def _escaped(text: str) -> str:
    """Return a text as Mermaid takes it within quotes."""
    return (
        text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;").replace("#", "#35;")
    )
