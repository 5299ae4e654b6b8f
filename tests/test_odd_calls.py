"""Calls of tools as models write them when they go wrong: the chat must be able to go on."""

import json
from typing import Any

import pytest

from agent_core import ToolCallingAgent, tool
from tests.conftest import model_of
from tests.doubles.openai_server import Reply


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
    async with ToolCallingAgent(model_of(server), tools=[note, half], native_calls=native) as agent:
        results = [await agent.run("Note it."), await agent.run("Is it noted?")]
    assert [result.reason for result in results] == ["answer", "answer"], results
    assert told in str(server.requests[1].body["messages"][-1]["content"])
    json.dumps(server.requests[2].body, allow_nan=False)
