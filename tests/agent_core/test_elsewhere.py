"""What a user of smolagents writes: each is answered by what to write here."""

import logging
from copy import copy, deepcopy

import pytest
import smolagents

import agent_core
from agent_core import (
    CodeAgent,
    GlassboxError,
    HubModel,
    LiteLLMModel,
    Memory,
    ModelError,
    OpenAIModel,
    RunResult,
    Step,
    ToolCallingAgent,
    Usage,
    elsewhere,
    load_agent,
    load_tool,
    replay,
    run_batch,
    show,
)
from tests.support import model_of

MODEL = HubModel("nobody/asks", token="hf_test", base_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"additional_args": {"x": 1}}, "has no argument 'additional_args'. Use values={…}."),
        ({"max_steps": 3}, "has no argument 'max_steps'. Use agent.max_steps = … before it"),
        ({"stream": True}, "has no argument 'stream'. Use agent.stream(question), or agent.stream_sync(question)"),
        ({"reset": False}, "has no argument 'reset'. Use await agent.rewind(0), or a new agent"),
        ({"images": []}, "has no argument 'images'. Use files=[Path(…)]"),
        ({"valves": {}}, "has no argument 'valves'. Use values=…."),
        ({"colour": 1}, "has no argument 'colour'. It takes: question, files, values, settings."),
    ],
)
@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
async def test_wrong_arguments_of_a_run_say_what_to_give(kind, named, told):
    agent = kind(MODEL)
    for name in ("run_sync", "stream", "stream_sync"):
        with pytest.raises(GlassboxError) as error:
            getattr(agent, name)("hello", **named)
        assert f"agent.{name} {told}" in str(error.value)
    with pytest.raises(GlassboxError) as error:
        await agent.run("hello", **named)
    assert f"agent.run {told}" in str(error.value)


async def test_a_run_without_its_question_says_so():
    with pytest.raises(GlassboxError, match=r"agent\.run has no argument 'task'\. Use question=…"):
        await CodeAgent(MODEL).run(task="hello")  # pyright: ignore[reportCallIssue]
    with pytest.raises(GlassboxError, match=r"agent\.run has wrong arguments: missing .*'question'"):
        await CodeAgent(MODEL).run()  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("kind", [OpenAIModel, LiteLLMModel, HubModel])
def test_a_model_says_how_its_name_is_given(kind):
    with pytest.raises(ModelError, match=r"model_id.*(Use model=…|Did you mean model\?)"):
        kind(model_id="gpt-4.1")
    if kind is not HubModel:
        with pytest.raises(ModelError, match="missing a required argument: 'model'"):
            kind(temperature=0)


@pytest.mark.parametrize(
    ("thing", "name", "told"),
    [
        (CodeAgent(MODEL), "logs", "CodeAgent has no attribute 'logs'. Use agent.memory.steps"),
        (CodeAgent(MODEL), "visualize", "Use print(agent.draw())."),
        (RunResult(None, "answer", (), Usage()), "output", "Use result.answer"),
        (Step(1), "observations", "Use step.observation."),
        (Memory(), "get_full_steps", "Use memory_to_json(agent.memory)."),
    ],
)
def test_attributes_say_what_they_are_called_here(thing, name, told):
    assert not hasattr(thing, name)
    with pytest.raises(AttributeError) as error:
        getattr(thing, name)
    assert told in str(error.value)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = thing.nothing


def test_nothing_is_called_elsewhere_what_is_here():
    for kind in (CodeAgent, ToolCallingAgent, RunResult, Step, Memory):
        assert not [name for name in kind.elsewhere if hasattr(kind, name)]
    assert not set(elsewhere.NAMES) & {*agent_core.__all__}


def test_setting_an_attribute_of_smolagents_does_not_silently_do_nothing():
    step = Step(1)
    with pytest.raises(AttributeError, match=r"Use step\.images"):
        step.observations_images = None  # pyright: ignore[reportAttributeAccessIssue]
    step.images = []
    assert copy(step) == deepcopy(step) == step


def test_a_class_of_ones_own_may_have_such_attributes_and_tells_of_its_own_failures():
    class Logging(CodeAgent):
        def __init__(self):
            super().__init__(MODEL)
            self.logger = logging.getLogger(__name__)

        @property
        def failing(self):
            return None.nothing  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]

    assert Logging().logger.name == __name__
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'nothing'"):
        _ = Logging().failing


@pytest.mark.parametrize("name", ["GradioUI", "InferenceClientModel", "WebSearchTool", "ActionStep"])
def test_what_is_imported_says_what_it_is_here(name):
    assert hasattr(smolagents, name)
    with pytest.raises(ImportError, match=f"agent_core has no {name}. Use "):
        exec(f"from agent_core import {name}")


def test_loading_asks_in_place_of_trusting():
    with pytest.raises(GlassboxError, match=r"load_tool has no argument 'trust_remote_code'\. Use nothing for it"):
        load_tool("owner/name", trust_remote_code=True)  # pyright: ignore[reportCallIssue]
    with pytest.raises(GlassboxError, match=r"no argument 'trust_remote_code'\. Use nothing for it"):
        load_agent(CodeAgent(MODEL).to_dict(), trust_remote_code=True)
    with pytest.raises(GlassboxError, match="There is neither a folder 3 nor a Space"):
        load_agent(3)  # pyright: ignore[reportArgumentType]


async def test_a_batch_wants_what_makes_agents():
    with pytest.raises(GlassboxError, match=r"Give a function that makes one, as in run_batch\(lambda"):
        await run_batch(CodeAgent(MODEL), ["hello"])  # pyright: ignore[reportArgumentType]
    [result] = await run_batch(lambda: 3, ["hello"])  # pyright: ignore[reportArgumentType, reportReturnType]
    assert result.message == "What is to make an agent has made an object of int."


def test_what_shows_runs_says_what_it_takes():
    with pytest.raises(GlassboxError, match=r"Give show those of a run: agent.stream\(question\)"):
        show(CodeAgent(MODEL))  # pyright: ignore[reportCallIssue, reportArgumentType]
    with pytest.raises(GlassboxError, match="no events of a whole run"):
        show([])
    with pytest.raises(GlassboxError, match=r"or agent\.memory"):
        replay(CodeAgent(MODEL))  # pyright: ignore[reportArgumentType]


def test_an_error_in_a_run_without_a_loop_is_told_alone(serve, caplog):
    def fail(_):
        raise ValueError("boom")

    agent = CodeAgent(model_of(serve(["Hello."])), step_callbacks=[fail])
    assert "ValueError: boom" in agent.run_sync("hello").message
    assert "boom" in caplog.text and "no running event loop" not in caplog.text
