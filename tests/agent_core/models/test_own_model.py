"""Models that a program brings: whatever they raise ends the run with a sentence, and the next model is asked."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from agent_core import CodeAgent, ScriptedModel


class Failing(ScriptedModel):
    """Raises what it is given, or streams it."""

    name = "mine"

    def __init__(self, what):
        super().__init__([])
        self._what = what

    async def stream(self, *_: object, **__: object) -> AsyncGenerator[Any, None]:
        if isinstance(self._what, Exception):
            raise self._what
        yield self._what


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (KeyError("choices"), "The model mine failed: KeyError: 'choices'"),
        (AssertionError("\nnothing"), "The model mine failed: AssertionError"),
        (OSError("key=hf_abcdefghijklmnopqrstuvwxyz"), "The model mine failed: OSError: key=…"),
        ("Hello.", "The model mine failed: TypeError: it streamed str in place of a ModelChunk"),
    ],
    ids=lambda case: type(case).__name__,
)
async def test_whatever_it_raises_ends_the_run_with_a_sentence(monkeypatch, caplog, what, message):
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefghijklmnopqrstuvwxyz")
    async with CodeAgent(Failing(what)) as agent:
        result = await agent.run("hello")
    assert result.reason == "error"
    assert result.message.startswith(message)
    assert "hf_abc" not in result.message + caplog.text


async def test_the_next_model_is_asked():
    async with CodeAgent(Failing(ValueError("no")), fallbacks=[ScriptedModel(["Hello."])]) as agent:
        assert str((await agent.run("hello")).answer) == "Hello."
