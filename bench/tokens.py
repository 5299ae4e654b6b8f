"""What runs cost in tokens and requests, beside the peer: the same replies, the same code, one tokenizer.

Both agents get the same two web tools' worth of prompt (each its own) and run the code for real; the model is a script.
Input tokens are those of the messages of all requests, counted with the tokenizer that litellm brings along.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from smolagents import agents, default_tools, memory, models, monitoring

from agent_core import CodeAgent
from agent_core.models.base import Capabilities, Message, ModelChunk, text_of
from agent_core.usage import Usage
from tools import visit_webpage, web_search

Script = Callable[[int], str]
"""The reply to the request of this number, counted from 0."""

_PEER_STEPS = 20  # its default limit


@dataclass
class Cost:
    """Of one run. inputs: the tokens of each request's messages. prompt: characters of the system prompt."""

    count: Callable[[str], int]
    inputs: list[int] = field(default_factory=list)
    prompt: int = 0

    def add(self, texts: Sequence[str]) -> int:
        """Note a request. Returns its number."""
        self.prompt = len(texts[0])
        self.inputs.append(sum(map(self.count, texts)))
        return len(self.inputs) - 1


class _OurModel:
    name = "script"
    context_window = None
    capabilities = Capabilities()

    def __init__(self, script: Script, cost: Cost) -> None:
        self._script, self._cost = script, cost

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Any = None,
        **_: Any,
    ) -> AsyncGenerator[ModelChunk, None]:
        number = self._cost.add([text_of(message) for message in messages])
        yield ModelChunk(text=self._script(number))
        yield ModelChunk(usage=Usage(self._cost.inputs[-1], 0, requests=1))


class _PeerModel(models.Model):
    def __init__(self, script: Script, cost: Cost) -> None:
        super().__init__(flatten_messages_as_text=True)
        self._script, self._cost = script, cost

    def generate(self, messages: Any, *args: Any, **kwargs: Any) -> models.ChatMessage:
        sent = self._prepare_completion_kwargs(messages=messages)["messages"]
        number = self._cost.add([message["content"] for message in sent])
        return models.ChatMessage(role=models.MessageRole.ASSISTANT, content=self._script(number))


async def ours(question: str, script: Script, count: Callable[[str], int], steps: int = 12) -> tuple[Cost, int]:
    """Run it here. Returns what it cost and its steps."""
    cost = Cost(count)
    model = _OurModel(script, cost)
    async with CodeAgent(model, tools=[web_search, visit_webpage], max_steps=steps, token_budget=10**9) as agent:
        result = await agent.run(question)
    return cost, len(result.steps)


def peers(question: str, script: Script, count: Callable[[str], int], steps: int = _PEER_STEPS) -> tuple[Cost, int]:
    """Run it in smolagents. Returns what it cost and its steps."""
    cost = Cost(count)
    web = [default_tools.WebSearchTool(), default_tools.VisitWebpageTool()]
    agent = agents.CodeAgent(
        tools=web,
        model=_PeerModel(script, cost),
        max_steps=steps,
        verbosity_level=monitoring.LogLevel.OFF,
        code_block_tags="markdown",
    )
    agent.run(question)
    return cost, len([step for step in agent.memory.steps if isinstance(step, memory.ActionStep)])


def fence(thought: str, code: str) -> str:
    return f"{thought}\n```python\n{code}\n```"


def long_run(steps: int) -> Script:
    """Looks at one table after the other, then answers."""

    def reply(number: int) -> str:
        if number >= steps - 1:
            return fence("All tables are summed.", "final_answer(sum(totals))")
        begin = "totals = []\n" if number == 0 else ""
        code = (
            f"# Sum up table {number + 1}\n{begin}rows = [(k, (k * {number + 7}) % 13) for k in range(25)]\n"
            f"totals.append(sum(value for _, value in rows))\nprint(rows)\nprint('total', totals[-1])"
        )
        return fence(f"Next I sum up table {number + 1} and look at its rows.", code)

    return reply


def error_again(number: int) -> str:
    """Runs into the same error for as long as it may."""
    return fence("I try it once more.", f"value_{number} = {number}\nint('seven')")


SHORT: dict[str, tuple[str, Script]] = {
    "hello": ("Hello!", lambda number: "Hello! What can I do for you?"),
    "cube root": (
        "What is the cube root of 27?",
        lambda number: fence("I compute it.", "final_answer(round(27 ** (1 / 3), 10))"),
    ),
    "a forbidden import": (
        "Which processes run?",
        lambda number: (
            fence("I ask the system.", "import subprocess\nsubprocess.run(['ps'])")
            if number == 0
            else fence("That is not allowed.", "final_answer('I may not look at processes.')")
        ),
    ),
    "an error repeated": ("Read seven as a number.", error_again),
}


def report() -> list[tuple[str, str]]:
    """The rows of the table; the peer's figures after the slash."""
    return asyncio.run(_report())


async def _report() -> list[tuple[str, str]]:
    count = tokenizer()
    rows: list[tuple[str, str]] = []
    totals: dict[int, tuple[int, int]] = {}
    for steps in (10, 20, 40):
        here, _ = await ours("Sum up the tables.", long_run(steps), count, steps + 1)
        there, _ = peers("Sum up the tables.", long_run(steps), count, steps + 1)
        totals[steps] = sum(here.inputs), sum(there.inputs)
        if steps == 10:
            rows.append(("tokens: system prompt, characters (here / peer)", f"{here.prompt:,} / {there.prompt:,}"))
        ratio = totals[steps][0] / totals[steps][1]
        value = f"{totals[steps][0]:,} / {totals[steps][1]:,} ({ratio:.2f} ×)"
        rows.append((f"tokens: input of a run of {steps} steps (here / peer)", value))
    growth = [totals[40][side] / totals[10][side] for side in (0, 1)]
    rows.append(("tokens: growth from 10 to 40 steps (here / peer)", f"{growth[0]:.1f} × / {growth[1]:.1f} ×"))
    for name, (question, script) in SHORT.items():
        here, steps_here = await ours(question, script, count)
        there, steps_there = peers(question, script, count)
        value = f"{len(here.inputs)} requests, {steps_here} steps / {len(there.inputs)} requests, {steps_there} steps"
        rows.append((f"{name} (here / peer)", value))
    return rows


def tokenizer() -> Callable[[str], int]:
    """Counts the tokens of a text."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    return lambda text: len(litellm.encode(model="gpt-4", text=text))
