"""The table of what smolagents calls what: all that it names of ours is there."""

import inspect
import re

import smolagents

import agent_core
import tools
import ui
from agent_core import Agent, CodeAgent, ScriptedModel
from agent_core.sandbox.remote.docker import DockerEngine
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from agent_core.sandbox.remote.ray_cluster import RayEngine
from tests.support import ROOT

TEXT = (ROOT / "docs" / "library.md").read_text(encoding="utf-8").partition("## Coming from smolagents")[2]
ROWS = re.findall(r"^\| (.+?) \| (.+) \|$", TEXT.partition("\n## ")[0], re.MULTILINE)
SPANS = [span for _, here in ROWS for span in re.findall(r"`([^`]+)`", here)]
TAKES_NAMES = (
    Agent.__init__,
    Agent.run,
    Agent.resume,
    agent_core.Policy,
    agent_core.Limits,
    agent_core.HubModel,
    agent_core.LiteLLMModel,
    agent_core.OpenAIModel,
    agent_core.run_batch,
    agent_core.show,
)
"""What is given arguments by their names in the table."""


def test_what_an_agent_has_is_there():
    agent = CodeAgent(ScriptedModel([]))
    names = {name for span in SPANS for name in re.findall(r"\bagent\.(\w+)", span)}
    assert {"run_sync", "memory", "draw"} <= names
    assert [name for name in sorted(names) if not hasattr(agent, name)] == []


def test_what_is_called_is_there():
    known = {
        *agent_core.__all__,
        *tools.__all__,
        *ui.__all__,
        *(kind.__name__ for kind in (HuggingFaceEngine, RayEngine)),
    }
    known |= {DockerEngine.__name__, "Path", "T", "check", "f", "name", "print", "run", "str", "stream", "tools"}
    called = {name for span in SPANS for name in re.findall(r"(?<![\w.])(\w+)\(", span)}
    assert {"CodeAgent", "load_agent", "launch"} <= called
    assert sorted(called - known) == []


def test_what_is_given_by_name_can_be_given():
    known = {name for taking in TAKES_NAMES for name in inspect.signature(taking).parameters}
    known |= agent_core.ModelSettings.__annotations__.keys()
    given = {name for span in SPANS for name in re.findall(r"[(, ](\w+)=(?!=)", f" {span}")}
    assert {"values", "plan_every", "answer_type"} <= given
    assert sorted(given - known - {"result"}) == []


def test_what_it_says_of_smolagents_is_there():
    named = {name for there, _ in ROWS for span in re.findall(r"`([^`]+)`", there) for name in _classes(span)}
    assert {"GradioUI", "MCPClient", "InferenceClientModel"} <= named
    elsewhere = {"AgentError", "ActionStep", "LocalPythonExecutor", "SmolagentsInstrumentor", "Agent", "True", "False"}
    assert sorted(named - {*dir(smolagents)} - elsewhere) == []


def _classes(span: str) -> list[str]:
    return re.findall(r"(?<![\w.\"])([A-Z][a-z]\w+|[A-Z]+[a-z]\w+)", span)
