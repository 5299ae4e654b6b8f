"""Calls of tools as models write them when they go wrong: the chat must be able to go on."""

import asyncio
import gc
import json
import logging
from typing import Any

import pytest

from agent_core import Capabilities, CodeAgent, ToolCallingAgent, python, tool
from agent_core.agents import tool_step
from agent_core.events import OutputDelta
from agent_core.models.base import CallDelta
from agent_core.parsing import ToolReplyReader
from agent_core.session import Session
from tests.agent_core.models.support import make
from tests.agent_core.support import calling
from tests.doubles.openai_server import Reply
from tests.support import model_of


@tool
def note(text: Any) -> str:
    """Note something."""
    return f"noted {text}"


@tool
def half(text: str = "") -> str:
    """Return half a character."""
    if text:
        raise ValueError("\ud800 broken")
    return "\ud800 half"


@pytest.mark.parametrize(
    ("native", "written", "told"),
    [
        (False, "note(b'x')", "JSON has no such bytes"),
        (False, "note({'a', })", "noted ['a']"),
        (False, "note({(1, 2): 1j})", "JSON has no such complex"),
        (False, f"note(0x{'f' * 5_000})", "JSON has no such int"),
        (False, f"note({'[' * 60}{']' * 60})", "nested more than 50 times"),
        (False, "note('\\ud800')", "noted \ufffd"),
        (False, "half()", "\ufffd half"),
        (False, "half('x')", "\ufffd broken"),
        (True, {"text": "\ud800"}, "noted \ufffd"),
        (True, {"text": float("inf")}, "noted inf"),
    ],
)
async def test_arguments_and_results_that_json_cannot_have(serve, native: bool, written: Any, told: str):
    action = Reply(call=("note", written)) if native else f"Now.\n```python\n{written}\n```\n"
    server = serve([action, "Done.", "Yes."])
    model = calling(server) if native else model_of(server)
    async with ToolCallingAgent(model, tools=[note, half], native_calls=native) as agent:
        results = [await agent.run("Note it."), await agent.run("Is it noted?")]
    assert [result.reason for result in results] == ["answer", "answer"], results
    assert told in str(server.requests[1].body["messages"][-1]["content"])
    json.dumps(server.requests[2].body, allow_nan=False)


STUBBORN = """
print("begun")
while True:
    try:
        import time; time.sleep(9)
    except BaseException:
        pass
"""


async def test_after_a_stop_the_sandbox_is_free_and_nothing_is_logged(serve, monkeypatch, caplog):
    monkeypatch.setattr(tool_step, "_CANCEL_SECONDS", 0.0)
    server = serve([Reply(call=("python", {"code": STUBBORN})), Reply(call=("python", {"code": "print(5)"})), "Done."])
    session = Session(ToolCallingAgent(model_of(server), tools=[python]))
    session.start("Count.")
    async for events in session.follow():
        if any(isinstance(event, OutputDelta) for event in events):
            await session.stop()
    session.start("Again.")
    async for _ in session.follow(len(session.log)):
        pass
    assert str(session.agent.memory.turns[-1].steps[0].calls[0].result).startswith("Output:\n5"), session.log[-1]
    assert "Variables and files are as they were" in str(server.requests[1].body["messages"])
    await session.close()
    gc.collect()
    await asyncio.sleep(0)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("ids", [("a", "b"), ("", "")])
def test_calls_that_the_service_numbers_alike_are_all_made(ids: tuple[str, str]):
    reader = ToolReplyReader({"note": ["text"]}, native=True)
    for number, text in zip(ids, ("one", "two"), strict=True):
        reader.feed_call(CallDelta(0, number, "note", '{"text": '))
        reader.feed_call(CallDelta(0, number, "note" if number else "", json.dumps(text) + "}"))
    reader.close()
    assert [call.arguments for call in reader.reply().calls] == [{"text": "one"}, {"text": "two"}]


def test_calls_of_one_id_get_different_ones():
    reader = ToolReplyReader({"note": ["text"]}, native=True)
    for index in range(2):
        reader.feed_call(CallDelta(index, "a", "note", json.dumps({"text": index})))
    reader.close()
    first, second = reader.reply().calls
    assert (first.id, first.arguments, second.arguments) == ("a", {"text": 0}, {"text": 1})
    assert second.id not in ("", "a")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        'Put this there:\n```json\n{"name": "bob", "params": {"a": 1}}\n```\nThat is all.',
        'It says {"name": "bob", "params": {"a": 1}} there.',
        "Run it:\n```\nimport os\nprint(os.name)\n```\nThat is all.",
    ],
)
def test_an_answer_with_json_or_code_that_is_no_call_stays_as_it_is(answer: str, native: bool):
    reader = ToolReplyReader({"note": ["text"]}, native=native)
    reader.feed(answer)
    reader.close()
    assert reader.reply().answer == answer


async def test_no_more_calls_are_made_than_may_be_however_alike(serve):
    calls = json.dumps([{"tool": "note", "arguments": {"text": "x"}}] * 20)
    server = serve([f"Now.\n```json\n{calls}\n```\n", "Done."])
    async with ToolCallingAgent(model_of(server), tools=[note], native_calls=False) as agent:
        await agent.run("Note it.")
    results = [called.result for called in agent.memory.steps[0].calls]
    assert results.count("noted x") == tool_step.MOST_CALLS
    assert "At most 16 calls" in results[-1]


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ('[{"tool": "noet", "arguments": {"text": "x"}}]', "There is no tool 'noet'. The tools are: note."),
        (
            '[{"tool": "note", "arguments": {"text": "x"}}, {"tool": "noet", "arguments": {}}]',
            "Result 1, of note:\nnoted x",
        ),
        ('[{"tool": "note", "arguments": {"text": "say "x" now"}}]', "The calls are not valid JSON"),
        ('[{"tool": "note", "arguments": {"text": NaN}}]', "noted nan"),
    ],
)
async def test_calls_in_the_text_that_cannot_be_made_are_no_answer(serve, calls: str, told: str):
    server = serve([f"I look.\n```json\n{calls}\n```", "Done."])
    async with ToolCallingAgent(model_of(server), tools=[note], native_calls=False) as agent:
        result = await agent.run("Note it.")
    assert str(result.answer) == "Done."
    assert told in server.requests[1].body["messages"][-1]["content"]


def test_a_call_that_was_stopped_before_its_name_is_none():
    reader = ToolReplyReader({"search": ["query"]}, native=True)
    reader.feed("I look.")
    reader.feed_call(CallDelta(0, "call_1"))
    reader.close()
    assert (reader.reply().answer, reader.reply().calls) == ("I look.", ())


@tool
def get_time() -> str:
    """Return the time."""
    return "noon"


@pytest.mark.parametrize("usage", [(7, 5), None])
@pytest.mark.parametrize("client", ["hub", "litellm"])
@pytest.mark.parametrize("arguments", ["", "null", "{}", "[]", '"{}"', '""', "  "])
async def test_a_native_call_without_arguments_is_made(serve, client: str, arguments: str, usage: Any):
    server = serve([Reply(call=("get_time", arguments), usage=usage), "Done."])
    model = make(client, server.url)
    model.capabilities = Capabilities(tools=True)
    async with ToolCallingAgent(model, tools=[get_time]) as agent:
        result = await agent.run("What time is it?")
    assert str(result.answer) == "Done.", result.message
    *_, said, told = server.requests[1].body["messages"]
    assert (json.loads(said["tool_calls"][0]["function"]["arguments"]), told["content"]) == ({}, "noon")


@pytest.mark.parametrize("native", [True, False])
async def test_a_native_call_without_arguments_is_code_too(serve, native: bool):
    server = serve([Reply(call=("get_time", "")), "Done."])
    model = model_of(server)
    model.capabilities = Capabilities(tools=True)
    async with CodeAgent(model, tools=[get_time], native_calls=native) as agent:
        await agent.run("What time is it?")
    assert agent.memory.steps[0].code == "get_time()"
    assert "noon" in agent.memory.steps[0].observation


@pytest.mark.parametrize(
    "arguments", [json.dumps({"text": "x"}), json.dumps(json.dumps({"text": "x"})), '[{"text": "x"}]']
)
async def test_arguments_that_were_encoded_twice_are_read(serve, arguments: str):
    server = serve([Reply(call=("note", arguments)), "Done."])
    async with ToolCallingAgent(calling(server), tools=[note]) as agent:
        await agent.run("Note it.")
    assert agent.memory.steps[0].calls[0].result == "noted x"


@pytest.mark.parametrize("names", [("no", "te"), ("note", "note"), ("n", "o", "t", "e"), ("note", "")])
def test_names_that_come_in_pieces_are_joined(names: tuple[str, ...]):
    reader = ToolReplyReader({"note": ["text"]}, native=True)
    for name in names:
        reader.feed_call(CallDelta(0, "a", name))
    reader.feed_call(CallDelta(0, "", names[-1] if names[0] == "note" else "", '{"text": "x"}'))
    reader.close()
    assert [(call.name, call.arguments) for call in reader.reply().calls] == [("note", {"text": "x"})]


async def test_arguments_that_were_never_closed_are_not_completed(serve):
    server = serve([Reply(call=("note", '{"text": "half of th')), "Done."])
    async with ToolCallingAgent(calling(server), tools=[note]) as agent:
        await agent.run("Note it.")
    assert "The arguments were never closed, so the call was not made." in agent.memory.steps[0].calls[0].result
