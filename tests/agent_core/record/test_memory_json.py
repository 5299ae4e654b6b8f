"""A chat's memory goes to JSON and comes back the same; another chat goes on from it."""

import json
from typing import Any

import pytest

from agent_core import CodeAgent, GlassboxError, Memory, ToolCallingAgent, memory_from_json, memory_to_json, tool
from tests.agent_core.support import calling, code, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


async def memory_of_a_chat(serve, tmp_path) -> Memory:
    """The memory of a chat with a file, a picture, code, variables and an answer."""
    (tmp_path / "notes.txt").write_text("one")
    server = serve([code("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nx = 1"), "Done."])
    async with CodeAgent(model_of(server), plan_every=0) as agent:
        await agent.run("Plot it.", files=[tmp_path / "notes.txt"])
        agent.memory.add_note("A note.")
        return agent.memory


async def test_a_memory_comes_back_the_same(serve, tmp_path):
    memory = await memory_of_a_chat(serve, tmp_path)
    kept = json.dumps(memory_to_json(memory))
    again = memory_from_json(json.loads(kept))
    assert vars(again) == vars(memory) and again.turns[0].steps[0].images and again.turns[0].files
    assert again.messages("A prompt.") == memory.messages("A prompt.")
    assert json.dumps(memory_to_json(again)) == kept


async def test_native_calls_come_back_the_same(serve):
    server = serve([Reply(call=("double", {"number": 4})), "It is 8."])
    async with ToolCallingAgent(calling(server), tools=[double]) as agent:
        await agent.run("Double 4.")
    again = memory_from_json(memory_to_json(agent.memory))
    assert vars(again) == vars(agent.memory) and again.steps[0].calls[0].call.name == "double"


async def test_another_chat_goes_on_from_it_and_its_model_knows_that_variables_are_gone(serve, tmp_path):
    memory = await memory_of_a_chat(serve, tmp_path)
    server = serve([code("'x' in globals()"), code("y = 3"), "It is gone."])
    async with CodeAgent(model_of(server)) as agent:
        agent.chat.go_on_with(memory_from_json(memory_to_json(memory)))
        assert agent.memory.last_step == 2 and agent.memory.variables == {}
        await agent.run("Is x there?")
        first = str(sent(server, 0))
        for told in ("Plot it.", "Done.", "A note.", "Its variables are gone", "Is x there?"):
            assert told in first
        assert "False" in str(sent(server, 1)) and agent.memory.last_step == 5
        await agent.rewind(3)
        assert len(agent.memory.steps) == 3
    assert memory.last_step == 2 and len(memory.turns) == 1, "what it came from is as it was"


async def test_only_a_new_chat_goes_on_from_a_memory(serve, tmp_path):
    memory = await memory_of_a_chat(serve, tmp_path)
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        await agent.run("Hello")
        with pytest.raises(GlassboxError, match="This chat has begun"):
            agent.chat.go_on_with(memory)
    agent = CodeAgent(model_of(serve([])))
    agent.chat.go_on_with(Memory())
    assert not agent.memory.note, "nothing is gone"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "This is no memory of a chat"),
        ({}, "This is no memory of a chat"),
        ({"version": 99, "turns": []}, "newer Glassbox"),
        ({"version": 1, "turns": [{"steps": []}], "last_step": 0, "note": ""}, r"damaged, at turns\.0\.question"),
        ({"version": 1, "turns": [], "last_step": "many", "note": ""}, "damaged, at last_step"),
    ],
)
def test_what_is_no_memory_is_refused(data: Any, sentence: str):
    with pytest.raises(GlassboxError, match=sentence):
        memory_from_json(data)
