"""What the real server tells of itself: how far it has read a question, that it is busy, its template and window."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from agent_core.agents import silence
from agent_core.agents.silence import SilenceWatch
from agent_core.events import ModelSilent
from agent_core.models import own_server
from agent_core.models.base import Message
from agent_core.models.retry import RetryPolicy
from tests.agent_core.models.support import make
from tests.doubles.llama_server import LlamaServer

QUESTION: list[Message] = [{"role": "user", "content": "Tell me a story."}]
LONG: list[Message] = [{"role": "user", "content": "one two three " * 60}]


@pytest.fixture(scope="module")
def endless() -> Iterator[LlamaServer]:
    """A server with one slot whose replies end at the most tokens only."""
    with LlamaServer(grammar="root ::= [a-z ] root") as server:
        yield server


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_it_tells_how_far_it_has_read_a_question(endless: LlamaServer, client: str):
    chunks = [chunk async for chunk in make(client, endless.url).stream(LONG, max_tokens=3)]
    told = [chunk.progress for chunk in chunks if chunk.progress]
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    assert chunks[0].progress == told[0]
    assert (told[-1].read, told[-1].total) == (usage.input_tokens, usage.input_tokens)
    assert told[0].cached == usage.cached_tokens


async def test_it_is_busy_while_its_slot_writes_for_others_and_not_afterwards(endless: LlamaServer, monkeypatch):
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.0)
    first, second = make("hub", endless.url), make("litellm", endless.url)
    told: list[ModelSilent] = []
    busy = asyncio.Event()

    def tell(event: ModelSilent) -> None:
        told.append(event)
        busy.set()

    await second.look_up()
    async with aclosing(first.stream(QUESTION, max_tokens=3_000)) as writing:
        await anext(chunk async for chunk in writing if chunk.text)
        async with SilenceWatch(second, RetryPolicy(), tell):
            await asyncio.wait_for(busy.wait(), 60)
    assert [event.state for event in told] == ["busy"]
    await asyncio.to_thread(endless.wait_until_idle)
    assert await second.state() == "alive"


async def test_its_template_leaves_tools_out(endless: LlamaServer):
    model = make("hub", endless.url)
    await model.look_up()
    assert not model.capabilities.tools
    assert own_server._facts[endless.url, "maker/model"][1].tools is False


async def test_a_window_does_not_outlive_the_server(monkeypatch):
    server = LlamaServer(window=512)
    with server:
        model = make("hub", server.url)
        await model.look_up()
        assert model.context_window == 512
        server.kill()
        server._settings["window"] = 1_024
        restarted = threading.Thread(target=server.start)
        restarted.start()
        while model.context_window == 512:
            try:
                [chunk async for chunk in model.stream(QUESTION, max_tokens=1)]
            except Exception as error:
                assert getattr(error, "retryable", False), error
            await asyncio.sleep(0.1)
        restarted.join()
    assert model.context_window == 1_024
