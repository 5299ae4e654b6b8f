"""An agent is drawn with its tools and sub-agents: as a tree, in the terminal's colours, and for Mermaid."""

import builtins
from typing import Any

import pytest

from agent_core import AgentDrawing, CodeAgent, HubModel, Policy, Tool, ToolCallingAgent
from tests.agent_core.keeping.kept_tools import environment, to_kilometres

TREE = """
CodeAgent · owner/big
│ at most 12 steps
│ may import math
├─ to_kilometres(miles: float)
│    Convert miles to kilometres.
└─ look_up · ToolCallingAgent · owner/small
   │ Looks things up.
   │ at most 3 steps
   └─ environment(name: str)
        Tell the value of a variable of the environment.
"""


def agent() -> CodeAgent:
    inner = ToolCallingAgent(HubModel("owner/small"), tools=[environment], max_steps=3)
    tools = [to_kilometres, inner.as_tool("look_up", "Looks things up.")]
    return CodeAgent(HubModel("owner/big"), tools=tools, policy=Policy(imports=["math"]))


def test_it_is_a_tree_of_plain_text():
    drawing = agent().draw()
    assert isinstance(drawing, AgentDrawing) and str(drawing) == TREE.strip()


def test_it_is_shown_in_the_terminal(capsys):
    agent().draw().show()
    shown = capsys.readouterr().out
    for part in ("CodeAgent · owner/big", "└── look_up · ToolCallingAgent · owner/small", "environment(name: str)"):
        assert part in shown


def test_it_is_text_for_mermaid():
    drawing = agent().draw()
    lines = drawing.mermaid.splitlines()
    assert lines[0] == "flowchart TD"
    assert '    n(["CodeAgent · owner/big<br>at most 12 steps<br>may import math"])' in lines
    assert '    n_2_1["environment(name: str)<br>Tell the value of a variable of the environment."]' in lines
    assert {"    n --> n_1", "    n --> n_2", "    n_2 --> n_2_1"} <= {*lines}
    assert isinstance(drawing, AgentDrawing) and drawing._repr_markdown_().startswith("```mermaid\nflowchart TD")


def test_no_text_of_a_tool_ends_its_box():
    def work(text: str = '"]; <script>') -> str:
        return text

    drawing = CodeAgent(HubModel(), tools=[Tool(work, description='Says "hello" & <b>#1</b>.')]).draw()
    [box] = [line for line in drawing.mermaid.splitlines() if "n_1[" in line]
    assert box.count('"') == 2 and "<script>" not in box and "#35;1" in box


def test_an_agent_that_is_its_own_tool_is_drawn_once():
    one = CodeAgent(HubModel())
    one.tools = [one.as_tool("again", "Does it again.")]
    assert "is drawn above" in str(one.draw()) and str(one.draw()).count("at most") == 1


def test_what_is_missing_for_colours_is_said(monkeypatch):
    real = builtins.__import__

    def without_rich(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "rich":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_rich)
    with pytest.raises(ImportError, match=r"pip install 'glassbox\[console\]'"):
        agent().draw().show()
