"""Agents go into dicts and folders and come back, with real tools, a real sandbox and models of a loopback service."""

import asyncio
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from agent_core import (
    Capabilities,
    CodeAgent,
    GlassboxError,
    HubModel,
    Limits,
    LiteLLMModel,
    OpenAIModel,
    Policy,
    RetryPolicy,
    SandboxedTool,
    Tool,
    ToolCallingAgent,
    load_agent,
    python,
    read_agent,
)
from agent_core.agents.as_tool import AgentTool
from agent_core.agents.base import Agent
from demo import demo_model
from tests.agent_core.keeping.kept_tools import Greeter, ask, careless, environment, to_kilometres
from tests.agent_core.support import code, sent
from tests.support import Person, model_of

KEY = "a-key-that-nobody-may-see"


def helper(url: str = "http://127.0.0.1:1/v1") -> ToolCallingAgent:
    model = OpenAIModel("small", base_url=url, api_key=KEY, context_window=9_000)
    return ToolCallingAgent(model, tools=[to_kilometres, python], native_calls=True, max_steps=3)


def agent_with_everything() -> CodeAgent:
    return CodeAgent(
        HubModel(
            "owner/name:provider", token=KEY, find_key=False, capabilities=Capabilities(vision=True), temperature=0.3
        ),
        tools=[to_kilometres, helper().as_tool("convert_all", "Converts many.")],
        fallbacks=[LiteLLMModel("openai/gpt-4.1", api_key=KEY, api_base="http://u:p@127.0.0.1:1/v1?key=k")],
        policy=Policy(imports=["math", "stdlib"], hosts=["*.example.org"]),
        limits=Limits(step_seconds=5, memory_mb=512),
        max_steps=7,
        token_budget=1_000,
        instructions="Be brief.\n",
        system_prompt="You have {{tools}}.",
        plan_every=4,
        retry=RetryPolicy(attempts=2),
        native_calls=False,
    )


def refusal(source: Any, **given: Any) -> str:
    with pytest.raises(GlassboxError) as told:
        load_agent(source, **given)
    assert KEY not in str(told.value)
    return str(told.value)


def whole(agent: Agent) -> str:
    """All that is known of an agent, in one text."""
    return json.dumps(agent.to_dict(), sort_keys=True)


@pytest.mark.parametrize("way", ["dict", "folder", "name of a folder"])
def test_what_an_agent_is_comes_back_the_same_without_any_key(tmp_path: Path, way: str):
    agent = agent_with_everything()
    kept = json.loads(json.dumps(agent.to_dict()))
    if way == "dict":
        again = load_agent(kept)
    else:
        agent.save(tmp_path)
        again = load_agent(tmp_path if way == "folder" else str(tmp_path))
        written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
        assert KEY not in written and "u:p@" not in written and "key=k" not in written
    assert again.to_dict() == kept and kept["not_kept"] == []
    assert type(again) is CodeAgent and again.limits == agent.limits and again.retry == agent.retry
    assert "def to_kilometres(miles: float) -> float" in again.full_system_prompt()
    assert (again.plan_every, again.token_budget, again.native_calls) == (4, 1_000, False)
    assert again.model.capabilities == Capabilities(vision=True) and vars(again.model)["settings"] == {
        "temperature": 0.3
    }
    inner = next(tool.agent for tool in again.tools if isinstance(tool, AgentTool))
    assert isinstance(inner, ToolCallingAgent)
    assert (inner.model.context_window, inner.max_steps, inner.native_calls) == (9_000, 3, True)
    assert [tool.name for tool in inner.tools] == ["to_kilometres", "python"] and inner.tools[1] is python


def test_a_folder_has_what_people_edit_in_files_of_its_own(tmp_path: Path):
    agent_with_everything().save(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "agent.json",
        "requirements.txt",
        "prompts/instructions.md",
        "prompts/system_prompt.md",
        "tools/to_kilometres.py",
        "agents/convert_all/agent.json",
        "agents/convert_all/tools/to_kilometres.py",
    }
    (tmp_path / "prompts" / "instructions.md").write_text("Be long.")
    assert load_agent(tmp_path).instructions == "Be long."


def test_an_agent_that_is_kept_in_the_same_folder_replaces_the_one_before(tmp_path: Path):
    agent_with_everything().save(tmp_path)
    (tmp_path / "tools" / "mine.py").write_text("")
    CodeAgent(HubModel()).save(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"agent.json", "requirements.txt", "tools/mine.py"}
    assert load_agent(tmp_path).tools == [] and load_agent(tmp_path).instructions == ""


async def test_a_loaded_agent_works_with_the_key_that_is_given(serve, tmp_path: Path):
    server = serve([code("to_kilometres(2)"), "It is 3.218688 km."])
    model = model_of(server)
    CodeAgent(model, tools=[to_kilometres]).save(tmp_path)
    again = load_agent(tmp_path, api_key="hf_given")
    async with again:
        result = await again.run("How far are 2 miles?")
    assert str(result.answer) == "It is 3.218688 km."
    assert "3.218688" in str(sent(server)) and isinstance(again.tools[0], SandboxedTool)
    assert server.requests[0].headers["authorization"] == "Bearer hf_given"


async def test_sub_agents_work_with_the_model_that_is_given_for_theirs(serve):
    server = serve(["It is 42.", "It is 43."])
    other = serve([code("a = work('this')\nb = rest('that')\nfinal_answer([a, b])")])
    same, different = model_of(server), OpenAIModel("other", base_url=server.url)
    agent = CodeAgent(same, tools=[CodeAgent(same).as_tool("work", "W."), CodeAgent(different).as_tool("rest", "R.")])
    again = load_agent(agent.to_dict(), model=model_of(other))
    inner = {tool.name: tool.agent for tool in again.tools if isinstance(tool, AgentTool)}
    assert isinstance(inner["work"], Agent) and inner["work"].model is again.model
    assert isinstance(inner["rest"], Agent) and inner["rest"].model.name == "other"


def test_a_key_goes_to_the_service_of_the_kept_model_and_to_no_other():
    fallback = OpenAIModel("b", base_url="http://127.0.0.2:1/v1")
    agent = CodeAgent(OpenAIModel("a", base_url="http://127.0.0.1:1/v1"), fallbacks=[fallback])
    again = load_agent(agent.to_dict(), api_key=KEY)
    assert vars(again.model)["_api_key"] == KEY and vars(again.fallbacks[0])["_api_key"] is None


async def test_the_code_of_a_kept_tool_runs_in_the_sandbox_unless_it_is_trusted(serve, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_APP", "open sesame")
    kept = CodeAgent(HubModel(), tools=[environment]).to_dict()
    for trusted, expected in ((False, "it is not set"), (True, "open sesame")):
        server = serve([code("final_answer(environment('SECRET_OF_THE_APP'))")])
        async with load_agent(kept, model=model_of(server), trusted=trusted) as agent:
            assert str((await agent.run("What is it?")).answer) == expected
            assert agent.to_dict()["tools"] == kept["tools"], "it can be kept once more"


async def test_a_trusted_tool_is_set_up_once_however_many_call_it_first():
    source = """
import time
from smolagents import Tool


class Loads(Tool):
    name = "loads"
    description = "Count how often it was loaded."
    inputs = {}
    output_type = "integer"
    loaded = 0

    def setup(self):
        time.sleep(0.1)
        self.loaded += 1

    def forward(self):
        return self.loaded
"""
    kept = CodeAgent(HubModel()).to_dict() | {"tools": [{"kind": "code", "name": "loads", "code": source}]}
    [loads] = load_agent(kept, trusted=True).tools
    assert await asyncio.gather(loads.call({}), loads.call({}), loads.call({})) == [1, 1, 1]


def test_loading_runs_no_code(tmp_path: Path):
    CodeAgent(HubModel(), tools=[to_kilometres]).save(tmp_path)
    path = tmp_path / "tools" / "to_kilometres.py"
    path.write_text(path.read_text() + f"\n\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    load_agent(tmp_path)
    load_agent(tmp_path, trusted=True)
    assert not (tmp_path / "ran").exists()


def test_what_cannot_be_kept_is_said_and_given_again_when_it_is_loaded(tmp_path: Path):
    greeter, person = Greeter(KEY), Person("once")
    agent = CodeAgent(
        demo_model(),
        tools=[ask, greeter, CodeAgent(HubModel(), answer_checks=[bool]).as_tool("inner", "I.")],
        answer_checks=[lambda answer: True],
        policy=Policy(ask=person),
    )
    with pytest.warns(UserWarning) as told:
        agent.save(tmp_path)
    [sentence] = [str(warning.message) for warning in told]
    assert Path(told[0].filename) == Path(__file__)
    for part in ("answer_checks", "policy.ask", "the tool ask (", "the tool greeter (", "inner: answer_checks"):
        assert part in sentence
    assert agent.to_dict()["not_kept"][:2] == ["policy.ask", "answer_checks"] and KEY not in sentence
    assert "is a ScriptedModel" in refusal(tmp_path)
    assert "The tool ask was not kept" in refusal(tmp_path, model=HubModel())
    checks: list[Any] = [bool]
    again = load_agent(
        tmp_path, model=HubModel(), tools=[ask, greeter], answer_checks=checks, policy=Policy(ask=person)
    )
    assert again.tools[:2] == [ask, greeter] and again.answer_checks == checks and again.policy.ask is person


def test_a_class_of_ones_own_is_kept_as_what_it_derives_from():
    class MyAgent(CodeAgent):
        pass

    class Other(Agent):
        full_system_prompt = request_for = act = may_run_code = writes_code = None  # type: ignore

    assert "its class MyAgent" in MyAgent(HubModel()).to_dict()["not_kept"][0]
    with pytest.raises(GlassboxError, match="An agent of the class Other cannot be kept"):
        Other(HubModel()).to_dict()


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        ("instructions", {"instructions": "Say hf_abcdefghijklmnopqrstuvwxyz"}),
        ("system_prompt", {"system_prompt": "Your key is sk-abcdefghijklmnopqrstuvwxyz."}),
        ("policy.hosts.0", {"policy": Policy(hosts=["sk-abcdefghijklmnopqrstuvwxyz.example.org"])}),
        ("instructions", {"instructions": "It is the value of a variable."}),
        ("model.settings.extra_body.api_key", {"model": HubModel(extra_body={"api_key": "short"})}),
    ],
)
def test_no_key_is_ever_written(tmp_path: Path, monkeypatch, place: str, settings: dict[str, Any]):
    monkeypatch.setenv("OUR_SECRET", "value of a variable")
    agent = CodeAgent(**{"model": HubModel(), **settings})
    with pytest.raises(GlassboxError, match=f"holds a key, in {place}. Take it out"):
        agent.save(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_tool_whose_code_holds_a_key_is_not_written(tmp_path: Path):
    with pytest.warns(UserWarning, match="holds a key or token: have it read from the environment"):
        CodeAgent(HubModel(), tools=[careless]).save(tmp_path)
    assert "sk-0123" not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_an_agent_that_is_a_tool_of_itself_cannot_be_kept():
    agent = CodeAgent(HubModel())
    agent.tools = [agent.as_tool("again", "Does it again.")]
    with pytest.raises(GlassboxError, match="is a tool of itself"):
        agent.to_dict()


def test_what_cannot_be_loaded_says_what_to_do(tmp_path: Path):
    kept = CodeAgent(HubModel(), tools=[to_kilometres]).to_dict()
    assert "There is no file agent.json in" in refusal(tmp_path)
    assert "There is neither a folder" in refusal(tmp_path / "nothing")
    assert "There is neither a folder" in refusal("no name of anything")
    assert 'it has no number as "glassbox"' in refusal({})
    assert "Update Glassbox" in refusal({**kept, "glassbox": 99})
    assert "because of class" in refusal({**kept, "class": "Nothing"})
    assert "because of max_steps" in refusal({**kept, "max_steps": "many"})
    assert "tools.0" in refusal({**kept, "tools": [{"kind": "nothing"}]})
    assert "max_hopes, which is not known here" in refusal({**kept, "max_hopes": 1})
    with_key = {**kept, "model": {**kept["model"], "api_key": KEY}}
    assert "keys are never read from there" in refusal(with_key)
    assert "is a FooModel, which cannot be made again" in refusal({**kept, "model": {"class": "FooModel", "name": "x"}})
    broken = {**kept, "tools": [{**kept["tools"][0], "code": "import ("}]}
    assert "The tool to_kilometres cannot be loaded. This tool's code is not Python" in refusal(broken)
    assert load_agent(broken, tools=[to_kilometres]).tools == [to_kilometres]
    assert "An agent takes no argument 'max_hopes'" in refusal(kept, max_hopes=1)
    (tmp_path / "agent.json").write_text("[]")
    assert "agent.json is no JSON object" in refusal(tmp_path)


def test_a_name_in_agent_json_leads_nowhere_else(tmp_path: Path):
    CodeAgent(HubModel(), tools=[to_kilometres]).save(tmp_path / "folder")
    (tmp_path / "secret.py").write_text("a secret")
    path = tmp_path / "folder" / "agent.json"
    path.write_text(path.read_text().replace('"to_kilometres"', '"../../secret"'))
    assert "A tool cannot be named '../../secret'" in refusal(tmp_path / "folder")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GlassboxError, match="cannot be kept in"):
        CodeAgent(HubModel()).save(tmp_path / "file")


def test_what_is_read_is_only_looked_at(tmp_path: Path):
    agent_with_everything().save(tmp_path)
    found = read_agent(tmp_path)
    assert found.definition == agent_with_everything().to_dict()
    assert (found.origin, found.tools, found.notes, found.comes_from_the_hub) == (str(tmp_path), (), (), False)
    assert whole(found.agent()) == whole(agent_with_everything())


@pytest.mark.parametrize("trusted", [True, False])
def test_how_a_tool_is_called_is_kept(trusted: bool):
    patient = Tool(to_kilometres.run, timeout=5, retries=2, return_direct=True)
    inner = helper().as_tool("convert_all", "Converts many.")
    inner.timeout, inner.return_direct = 7, True
    kept = CodeAgent(HubModel(), tools=[patient, inner, Tool(to_kilometres.run, name="final_answer")]).to_dict()
    agent = load_agent(load_agent(kept, trusted=trusted).to_dict(), trusted=trusted)
    assert [(tool.timeout, tool.retries, tool.return_direct) for tool in agent.tools] == [
        (5, 2, True),
        (7, 0, True),
        (60, 0, True),
    ]
    assert agent.to_dict() == kept and kept["not_kept"] == []


def test_further_tries_after_some_errors_only_are_not_kept_as_tries_after_any():
    careful = Tool(to_kilometres.run, retries=2, retry_on=ConnectionError)
    kept = CodeAgent(HubModel(), tools=[careful]).to_dict()
    assert kept["not_kept"] == ["retries and retry_on of the tool to_kilometres"]
    assert load_agent(kept, trusted=True).tools[0].retries == 0


def test_an_answer_type_is_kept_if_it_is_a_json_schema():
    schema = {"type": "object", "properties": {"token": {"type": "string"}}}
    kept = json.loads(json.dumps(CodeAgent(HubModel(), answer_type=schema).to_dict()))
    assert load_agent(kept).answer_type == schema and kept["not_kept"] == []
    assert load_agent(kept, answer_type=list[int]).answer_type == list[int]
    assert CodeAgent(HubModel(), answer_type=list[int]).to_dict()["not_kept"] == [
        "answer_type (a JSON Schema would be)"
    ]


def test_plain_functions_are_given_as_they_are():
    def answer(question: str) -> str:
        """Ask somebody."""
        return question

    answer.__name__ = "ask"
    [given] = load_agent(CodeAgent(HubModel(), tools=[ask]).to_dict(), tools=[answer]).tools
    assert given.run is answer


async def test_a_tool_under_another_name_keeps_it(serve):
    server = serve([code("final_answer(distance(1))")])
    kept = CodeAgent(HubModel(), tools=[to_kilometres]).to_dict()
    loaded = load_agent(kept).tools[0].renamed("distance")
    async with load_agent(CodeAgent(HubModel(), tools=[loaded]).to_dict(), model=model_of(server)) as agent:
        assert str((await agent.run("How far?")).answer) == "1.609344"


def test_nothing_is_warned_of_when_all_is_kept(tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agent_with_everything().save(tmp_path)
        load_agent(tmp_path)
