"""Agents that smolagents really kept are loaded, and what of them is not taken is said."""

import importlib.resources
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_core import (
    CodeAgent,
    GlassboxError,
    HubModel,
    LiteLLMModel,
    OpenAIModel,
    SandboxedTool,
    ToolCallingAgent,
    load_agent,
    read_agent,
)
from agent_core.agents.as_tool import AgentTool
from agent_core.keeping.smolagents import digest
from tests.agent_core.keeping.kept_tools import to_kilometres
from tests.agent_core.support import code
from tests.support import model_of

smolagents: Any = import_module("smolagents")  # whose types pyright does not find


@smolagents.tool
def to_miles(kilometres: float) -> float:
    """Convert kilometres to miles.

    Args:
        kilometres: how many
    """
    return kilometres / 1.609344


class Shout(smolagents.Tool):
    name = "shout"
    description = "Says it louder."
    inputs = {"text": {"type": "string", "description": "what to say"}}  # noqa: RUF012
    output_type = "string"

    def forward(self, text: str) -> str:
        return text.upper()


def their_agent(model: Any = None, **settings: Any) -> Any:
    model = model or smolagents.InferenceClientModel("owner/name", token="hf_nothing")
    return smolagents.CodeAgent(tools=[to_miles], model=model, **settings)


def loaded(folder: Path, their: Any, **given: Any) -> Any:
    their.save(folder)
    return load_agent(folder, **given)


async def test_an_agent_that_smolagents_kept_works_here(serve, tmp_path: Path):
    server = serve([code("final_answer([to_miles(1.609344), loud('hi')])")])
    inner = serve([code("final_answer(shout('hi'))")])
    loud = smolagents.CodeAgent(
        tools=[Shout()],
        model=smolagents.OpenAIModel("small", api_base="http://nowhere", api_key="k"),
        name="loud",
        description="Says things louder.",
    )
    their = their_agent(managed_agents=[loud], max_steps=7, planning_interval=3)
    agent = loaded(tmp_path, their, model=model_of(server))
    assert type(agent) is CodeAgent and (agent.max_steps, agent.plan_every, agent.instructions) == (7, 3, "")
    assert [type(tool) for tool in agent.tools] == [SandboxedTool, AgentTool]
    agent.plan_every = 0
    vars(agent.tools[1])["agent"].model = model_of(inner)
    async with agent:
        assert str((await agent.run("How far?")).answer) == "[1.0, 'HI']"


def test_all_prompts_of_smolagents_are_known(tmp_path: Path):
    """If not, agent_core/keeping/smolagents_prompts.toml lacks the digests of these lines."""
    found = yaml.safe_load(Path("agent_core/keeping/smolagents_prompts.toml").read_text().partition("lines =")[2])

    def lines(texts: Any) -> list[str]:
        return (
            texts.splitlines() if isinstance(texts, str) else [line for part in texts.values() for line in lines(part)]
        )

    for file in importlib.resources.files("smolagents.prompts").iterdir():
        if file.name.endswith(".yaml"):
            unknown = {line for line in lines(yaml.safe_load(file.read_text())) if line.strip()}
            assert not {digest(line) for line in unknown} - {*found}
    assert read_from(tmp_path, their_agent()).notes == ()


def read_from(folder: Path, their: Any) -> Any:
    their.save(folder)
    return read_agent(folder)


def test_what_was_added_to_a_prompt_becomes_instructions(tmp_path: Path):
    their = their_agent()
    templates = their.prompt_templates
    templates["system_prompt"] += "\nAlways answer in French.\n{%- if tools %}\nNever guess."
    templates["planning"]["initial_plan"] += "\nPlan in verse."
    found = read_from(tmp_path, their)
    assert found.agent().instructions == "Always answer in French.\nNever guess."
    assert "only the added lines are taken, as instructions" in found.notes[0] and "are not taken" in found.notes[1]


@pytest.mark.parametrize(
    ("their", "kind", "name"),
    [
        (smolagents.InferenceClientModel("owner/name", provider="nebius", token="hf_x"), HubModel, "owner/name"),
        (smolagents.LiteLLMModel("anthropic/claude", api_base="http://127.0.0.1:1"), LiteLLMModel, "anthropic/claude"),
        (smolagents.OpenAIModel("gpt-x", api_key="k"), OpenAIModel, "gpt-x"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_models_that_have_an_equal_here(tmp_path: Path, their: Any, kind: type, name: str):
    agent = read_from(tmp_path, their_agent(their)).agent()
    assert type(agent.model) is kind and agent.model.name == name


def test_settings_of_a_model_come_along(tmp_path: Path):
    their = smolagents.LiteLLMModel("anthropic/claude", temperature=0.3, num_ctx=9)
    found = read_from(tmp_path, their_agent(their))
    assert found.definition["model"]["settings"] == {"temperature": 0.3}
    assert found.notes == ("Of the settings of anthropic/claude, num_ctx are not taken.",)


def test_a_model_without_an_equal_is_given(tmp_path: Path):
    their = smolagents.AzureOpenAIModel(
        "gpt-x", azure_endpoint="https://x.openai.azure.com", api_key="k", api_version="1"
    )
    their_agent(their).save(tmp_path)
    with pytest.raises(GlassboxError, match=r"gpt-x is a AzureOpenAIModel, which cannot be made again here. Give one"):
        load_agent(tmp_path)
    assert load_agent(tmp_path, model=HubModel()).model.name == HubModel().name


def test_imports_that_were_authorised_stay_so(tmp_path: Path):
    agent = read_from(tmp_path, their_agent(additional_authorized_imports=["yaml.*"])).agent()
    assert {"stdlib", "data", "yaml"} <= {*agent.policy.imports}


def test_an_agent_that_calls_tools_stays_one_and_brings_tools_of_smolagents(tmp_path: Path):
    model = smolagents.InferenceClientModel("owner/name", token="hf_nothing")
    tools = [to_miles, smolagents.VisitWebpageTool(), smolagents.WebSearchTool()]
    agent = read_from(tmp_path, smolagents.ToolCallingAgent(tools=tools, model=model)).agent()
    assert type(agent) is ToolCallingAgent
    assert {tool.name for tool in agent.tools} == {"to_miles", "visit_webpage", "web_search"}


def test_its_dict_is_read_as_its_folder(tmp_path: Path):
    loud = smolagents.CodeAgent(
        tools=[Shout()], model=smolagents.InferenceClientModel("a/b", token="t"), name="loud", description="Louder."
    )
    their = their_agent(managed_agents=[loud])
    assert read_agent(json.loads(json.dumps(their.to_dict()))).definition == read_from(tmp_path, their).definition


def test_a_tool_of_smolagents_in_an_agent_of_ours_is_kept_with_its_code(tmp_path: Path):
    CodeAgent(HubModel(), tools=[Shout(), to_miles]).save(tmp_path)
    assert [type(tool) for tool in load_agent(tmp_path).tools] == [SandboxedTool, SandboxedTool]
    assert [tool.name for tool in load_agent(tmp_path).tools] == ["shout", "to_miles"]
    kept = CodeAgent(HubModel(), tools=[smolagents.PythonInterpreterTool()]).to_dict()
    assert "smolagents cannot keep it" in kept["not_kept"][0]


def test_a_tool_that_cannot_be_read_is_given_again(tmp_path: Path):
    their_agent().save(tmp_path)
    (tmp_path / "tools" / "to_miles.py").write_text("print('no tool')")
    with pytest.raises(
        GlassboxError, match=r"The tool to_miles cannot be loaded\. .* Give it to load_agent in `tools`"
    ):
        load_agent(tmp_path)
    given = to_kilometres.renamed("to_miles")
    assert load_agent(tmp_path, tools=[given]).tools == [given]


def test_an_agent_without_prompts_is_read():
    for templates in (None, {}, {"planning": {"initial_plan": None}}):
        found = read_agent(their_agent().to_dict() | {"prompt_templates": templates})
        assert (found.definition["instructions"], found.notes) == ("", ())


async def test_a_tool_of_ones_own_that_answers_takes_the_place_of_theirs(serve, tmp_path: Path):
    server = serve([code("final_answer(6 * 7)")])
    their_agent().save(tmp_path)
    file = tmp_path / "tools" / "final_answer.py"
    file.write_text(file.read_text().replace("return answer\n", "return f'{answer}, yours truly'\n"))
    async with load_agent(tmp_path, model=model_of(server)) as agent:
        assert [tool.name for tool in agent.tools if tool.return_direct] == ["final_answer"]
        assert str((await agent.run("How much?")).answer) == "42, yours truly"
    file.unlink()
    assert all(tool.name != "final_answer" for tool in load_agent(tmp_path, model=model_of(server)).tools)


def test_what_is_damaged_or_of_another_kind_is_refused(tmp_path: Path):
    kept = their_agent().to_dict()
    for damaged in ({**kept, "model": None}, {**kept, "tools": [{"name": "x"}]}, {**kept, "prompt_templates": [1]}):
        with pytest.raises(GlassboxError, match="damaged"):
            load_agent(damaged)
    with pytest.raises(GlassboxError, match="A FooAgent of smolagents cannot be loaded"):
        load_agent({**kept, "class": "FooAgent"})
    their_agent().save(tmp_path)
    (tmp_path / "tools" / "to_miles.py").unlink()
    with pytest.raises(GlassboxError, match=r"There is no file tools/to_miles\.py"):
        load_agent(tmp_path)


def test_what_runs_elsewhere_there_is_said(tmp_path: Path):
    kept = their_agent().to_dict() | {"executor_type": "docker"}
    assert "Its code ran in docker" in read_agent(kept).notes[0]
