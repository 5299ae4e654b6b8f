"""What is given to an agent wrongly: each ends in an error of ours that says what to give."""

from pathlib import Path

import pytest

from agent_core import CodeAgent, GlassboxError, HubModel, ToolCallingAgent, ToolError, tool
from tests.support import model_of

MODEL = HubModel("nobody/asks", token="hf_test", base_url="http://127.0.0.1:9")


@tool
def look() -> str:
    """Look."""
    return "seen"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"planning_interval": 3}, "no argument 'planning_interval'. Use plan_every=…."),
        ({"additional_authorized_imports": ["numpy"]}, "Use policy=Policy(imports=[…])."),
        ({"managed_agents": []}, "Use tools=[agent.as_tool(name, description)]."),
        ({"max_step": 3}, "no argument 'max_step'. Use max_steps=…."),
        ({"colour": 3}, "no argument 'colour'. It takes: model, tools, "),
        ({"max_steps": -1}, "max_steps cannot be -1. Give a whole number, 0 or more."),
        ({"max_steps": "3"}, "max_steps cannot be '3'."),
        ({"max_steps": True}, "max_steps cannot be True."),
        ({"max_steps": None}, "max_steps cannot be None."),
        ({"plan_every": 1.5}, "plan_every cannot be 1.5."),
        ({"token_budget": -5}, "token_budget cannot be -5."),
        ({"policy": ["numpy"]}, "policy cannot be a list. Give a Policy, as in Policy(…)."),
        ({"limits": {"memory_mb": 5}}, "limits cannot be a dict."),
        ({"retry": 3}, "retry cannot be 3."),
        ({"instructions": ["Be kind."]}, "instructions cannot be a list. Give a str."),
        ({"system_prompt": 3}, "system_prompt cannot be 3."),
        ({"native_calls": "yes"}, "native_calls cannot be 'yes'."),
        ({"ask_user": "Ada"}, "ask_user cannot be 'Ada'. Give a function, or None."),
        ({"review_plan": True}, "review_plan cannot be True."),
        ({"engine": "docker"}, "engine cannot be 'docker'."),
        ({"workspace": 3}, "workspace cannot be 3."),
        ({"fallbacks": MODEL}, "fallbacks cannot be a HubModel. Give a list of models."),
        ({"answer_checks": print}, "answer_checks cannot be a builtin_function_or_method. Give a list of functions."),
        ({"answer_checks": ["short"]}, "answer_checks cannot be 'short'."),
        ({"step_callbacks": {"step": print}}, "step_callbacks cannot be a dict."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
def test_wrong_arguments_say_what_to_give(kind, named, told):
    with pytest.raises(GlassboxError) as error:
        kind(MODEL, **named)
    assert told in str(error.value) and (told.startswith(next(iter(named))) or kind.__name__ in str(error.value))


def test_an_agent_needs_its_model_first_and_takes_the_rest_by_name():
    with pytest.raises(GlassboxError, match=r"CodeAgent has wrong arguments: .*model"):
        CodeAgent(tools=[look])  # pyright: ignore[reportCallIssue]
    with pytest.raises(GlassboxError, match=r"Write CodeAgent\(model, tools=\[…\], …\)"):
        CodeAgent([look], MODEL)  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_a_class_of_ones_own_may_take_other_arguments():
    class Named(CodeAgent):
        def __init__(self, name, **named):
            super().__init__(MODEL, **named)
            self.name = name

    assert Named("Ada", max_steps=3).name == "Ada"
    with pytest.raises(GlassboxError, match=r"Named has wrong arguments: missing a required argument: 'name'\.$"):
        Named(max_steps=3)  # pyright: ignore[reportCallIssue]


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(ToolError, match="2 tools are named 'look'"):
        CodeAgent(MODEL, tools=[look, look])


async def test_what_is_changed_between_two_runs_is_checked_too(serve):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        agent.max_steps = -3
        with pytest.raises(GlassboxError, match="max_steps cannot be -3"):
            await agent.run("hello")
        agent.max_steps = 3
        assert str((await agent.run("hello")).answer) == "Hello."


@pytest.mark.parametrize(
    ("question", "files", "told"),
    [
        ("", (), "The question is empty. Ask something."),
        (" \n", (), "The question is empty."),
        (None, (), "The question cannot be None. Ask in words"),
        (["a", "b"], (), "The question cannot be a list."),
        ("what?", "data.csv", "files cannot be 'data.csv'. Give a list of paths."),
        ("what?", [3], "files cannot be 3."),
        ("what?", [Path("/nowhere/data.csv")], "data.csv"),
    ],
)
async def test_wrong_questions_say_what_to_ask(serve, question, files, told):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        with pytest.raises(GlassboxError) as error:
            await agent.run(question, files=files)
        assert told in str(error.value)


async def test_files_may_be_given_as_text(serve, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        await agent.run("what?", files=[str(tmp_path / "a.txt")])  # pyright: ignore[reportArgumentType]
        assert [file.note.name for file in await agent.sandbox.list_files()] == ["a.txt"]


@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
async def test_a_closed_agent_says_so(serve, kind):
    agent = kind(model_of(serve(["Hello."])))
    await agent.close()
    await agent.close()
    with pytest.raises(GlassboxError, match=r"This agent is closed\. Make a new one"):
        await agent.run("hello")


async def test_there_must_be_something_to_go_on_with(serve):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        with pytest.raises(GlassboxError, match="There is nothing to continue"):
            await agent.resume()
        with pytest.raises(GlassboxError, match="more_steps cannot be 0"):
            await agent.resume(0)
