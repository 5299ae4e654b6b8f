"""The same question answered by both kinds of agent: requests, and the tokens of all that was sent and written.

The model is a script that does for each kind what its prompt asks for; tools and code are real. Tokens are counted with
the tokenizer that litellm brings along: the messages, the functions that are offered, and the replies.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_core import CodeAgent, ToolCallingAgent, python, tool
from agent_core.agents.base import Agent
from agent_core.models.base import CallDelta, Capabilities, Message, ModelChunk, text_of
from agent_core.usage import Usage
from bench.tokens import fence, tokenizer

CITIES = {"Oslo": 709_037, "Bergen": 289_330, "Trondheim": 212_660, "Stavanger": 146_011, "Drammen": 103_291}
QUESTION = "How many people live in Oslo, Bergen, Trondheim, Stavanger and Drammen together?"
ANSWER = f"{sum(CITIES.values()):,} people live there."

Call = tuple[str, dict[str, Any]]


@tool
def find_population(city: str) -> int:
    """Find out how many people live in a city."""
    return CITIES[city]


@dataclass
class _Model:
    """Gives one reply after the other: a text, or a text and native calls."""

    replies: Sequence[tuple[str, Sequence[Call]]]
    count: Callable[[str], int]
    capabilities: Capabilities
    name: str = "script"
    context_window: int | None = None
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Any = None,
        **_: Any,
    ) -> AsyncGenerator[ModelChunk, None]:
        text, calls = self.replies[len(self.inputs)]
        arguments = [json.dumps(call[1]) for call in calls]
        sent = [text_of(message) for message in messages]
        self.inputs.append(sum(map(self.count, [*sent, json.dumps(tools) if tools else ""])))
        self.outputs.append(sum(map(self.count, [text, *(call[0] for call in calls), *arguments])))
        yield ModelChunk(text=text)
        for number, call in enumerate(calls):
            yield ModelChunk(call=CallDelta(number, f"call_{number}", call[0], arguments[number]))
        yield ModelChunk(usage=Usage(self.inputs[-1], self.outputs[-1], requests=1))


def report() -> list[tuple[str, str]]:
    """The rows of the table."""
    return asyncio.run(_report())


async def _report() -> list[tuple[str, str]]:
    look_ups: list[Call] = [("find_population", {"city": city}) for city in CITIES]
    code = f"cities = {list(CITIES)}\ntotal = sum(find_population(city) for city in cities)"
    adding = f"print(sum([{', '.join(map(str, CITIES.values()))}]))"
    in_code = f'{code}\nfinal_answer(f"{{total:,}} people live there.")'
    written = json.dumps([{"tool": name, "arguments": arguments} for name, arguments in look_ups])
    native, plain = Capabilities(tools=True), Capabilities()
    answer = (ANSWER, ())
    native_replies = [("I look them up.", look_ups), ("I add them up.", [("python", {"code": adding})]), answer]
    text_replies = [
        (f"I look them up.\n```json\n{written}\n```", ()),
        (f"I add them up.\n```json\n{json.dumps([{'tool': 'python', 'arguments': {'code': adding}}])}\n```", ()),
        answer,
    ]
    count = tokenizer()
    runs: list[tuple[str, type[Agent], _Model]] = [
        ("code agent", CodeAgent, _Model([(fence("I look them up and add.", in_code), ())], count, plain)),
        ("tool-calling agent, native calls", ToolCallingAgent, _Model(native_replies, count, native)),
        ("tool-calling agent, calls in its text", ToolCallingAgent, _Model(text_replies, count, plain)),
    ]
    return [(f"one question: {name}", await _cost(kind, model)) for name, kind, model in runs]


async def _cost(kind: type[Agent], model: _Model) -> str:
    tools = [find_population, python] if kind is ToolCallingAgent else [find_population]
    async with kind(model, tools=tools) as agent:
        result = await agent.run(QUESTION)
    assert str(result.answer) == ANSWER, result
    return f"{len(model.inputs)} requests, {sum(model.inputs):,} tokens in, {sum(model.outputs):,} out"
