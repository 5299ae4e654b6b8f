"""Chats with the real server: replies stream, its one slot is shared and freed, and its cache is used."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest

from agent_core import OpenAIModel
from agent_core.events import ThoughtDelta
from agent_core.models.base import Message
from tests.agent_core.models.real_server.support import ANSWER, agent_of
from tests.agent_core.models.support import make
from tests.doubles.llama_server import LlamaServer

QUESTION: list[Message] = [{"role": "user", "content": "Tell me a story."}]
ENDLESS = "root ::= [a-z ] root"


@pytest.fixture(scope="module")
def answering() -> Iterator[LlamaServer]:
    """A server with one slot, each of whose replies is a step that gives an answer."""
    with LlamaServer(grammar=ANSWER) as server:
        yield server


@pytest.fixture(scope="module")
def endless() -> Iterator[LlamaServer]:
    """A server with one slot whose replies end at the most tokens only."""
    with LlamaServer(grammar=ENDLESS) as server:
        yield server


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_reply_streams_and_its_tokens_are_counted(endless: LlamaServer, client: str):
    model = make(client, endless.url)
    chunks = [chunk async for chunk in model.stream(QUESTION, max_tokens=20)]
    assert len([chunk for chunk in chunks if chunk.text]) > 5
    assert chunks[-2].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.output_tokens == 20
    assert chunks[-1].usage.input_tokens > 5
    assert model.context_window == 4_096


async def test_an_agent_runs_what_the_model_writes(answering: LlamaServer):
    async with agent_of(answering) as agent:
        result = await agent.run("What is the capital of France?")
    assert result.reason == "answer"
    assert len(str(result.answer)) > 20


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_stream_that_is_closed_frees_the_slot(endless: LlamaServer, client: str):
    model = make(client, endless.url)
    async with aclosing(model.stream(QUESTION, max_tokens=4_000)) as chunks:
        async for _ in chunks:
            break
        assert endless.slots()[0]["is_processing"]
    endless.wait_until_idle()
    assert endless.slots()[0]["n_prompt_tokens"] < 2_000  # it was stopped, it did not come to its end


async def test_a_run_that_is_stopped_frees_the_slot(endless: LlamaServer):
    async with agent_of(endless) as agent:
        async with aclosing(agent.stream("Tell me a story.")) as events:
            async for event in events:
                if isinstance(event, ThoughtDelta):
                    break
            assert endless.slots()[0]["is_processing"]
        endless.wait_until_idle()
    assert endless.slots()[0]["n_prompt_tokens"] < 900  # else the reply would have come to its end


async def test_four_chats_share_one_slot(answering: LlamaServer):
    agents = [agent_of(answering) for _ in range(4)]
    results = await asyncio.gather(*(agent.run(f"Tell me of city {at}.") for at, agent in enumerate(agents)))
    assert [result.reason for result in results] == ["answer"] * 4
    await asyncio.gather(*(agent.close() for agent in agents))


async def test_what_was_said_before_comes_from_the_cache(answering: LlamaServer):
    async with agent_of(answering, system_prompt=None) as agent:
        turns = [(await agent.run(question)).usage for question in ("Who are you?", "Why?", "And then?")]
    for before, now in pairwise(turns):
        assert now.cached_tokens > before.cached_tokens
        assert now.cached_tokens >= before.input_tokens - 5


async def test_what_is_set_holds(endless: LlamaServer):
    schema = {"type": "object", "properties": {"warm": {"type": "boolean"}}, "required": ["warm"]}
    model = OpenAIModel("any", base_url=endless.url, max_tokens=40, temperature=1.5)

    async def reply(**settings: Any) -> str:
        return "".join([chunk.text async for chunk in model.stream(QUESTION, **settings)])

    once, again, other = [await reply(seed=seed) for seed in (7, 7, 8)]
    assert once == again != other
    assert once.startswith(await reply(seed=7, stop=once[10:13]) + once[10:13])
    assert len(await reply(seed=7, max_tokens=5)) < len(once)
    assert set(json.loads(await reply(response_format=schema))) == {"warm"}
