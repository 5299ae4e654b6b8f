import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agent_core import GlassboxError
from agent_core.execution import Display
from tests.doubles.openai_server import OpenAIServer, Reply, Script
from tests.support import model_of
from ui.chats import Chat, Chats
from ui.config import Config
from ui.settings.settings import Settings

PICTURE = Display({"text/plain": "x", "image/png": "AAAA"})


async def test_each_chat_has_its_own_of_everything():
    chats = Chats(Config())
    first, second = await chats.open("a"), await chats.open("a")
    assert first.id != second.id and len(first.id) > 30
    assert first.session.agent is not second.session.agent
    assert chats.find(first.id) is first and chats.find(second.id) is second
    assert chats.find("elsewhere") is chats.find("") is chats.find(None) is None
    await chats.close(first)
    assert chats.find(first.id) is None and chats.find(second.id) is second
    await chats.close(second)


async def test_closing_ends_the_run_and_removes_what_was_laid_down(serve):
    server = serve([Reply("never", fault="hang")])
    chats = Chats(Config())
    chat = await chats.open("a")
    workspace, picture = chat.session.agent.sandbox.workspace, chat.assets.pictures.path_of(PICTURE)
    chat.session.agent.model = model_of(server)
    chat.session.start("hello")
    assert await asyncio.to_thread(server.wait_for_requests)
    await chats.close(chat)
    assert not chat.session.running
    assert not workspace.exists() and not picture.exists()


async def test_a_chat_nobody_used_for_long_is_closed_by_the_clock(monkeypatch):
    monkeypatch.setattr("ui.chats._CHECK_SECONDS", 0.01)
    chats = Chats(Config(idle_hours=0.2 / 3_600))
    unused = await chats.open("a")
    looking = asyncio.create_task(chats.look_after())
    async with asyncio.timeout(20):
        while chats.find(unused.id):
            await asyncio.sleep(0.01)
    looking.cancel()


@pytest.fixture
async def chats_with():
    """Makes chats of a configuration, which are closed in the end."""
    made: list[Chats] = []

    def make(**settings: Any) -> Chats:
        made.append(Chats(Config(**settings)))
        return made[-1]

    yield make
    for chats in made:
        for chat in list(chats._chats.values()):
            await chats.close(chat)


def begin(chat: Chat, serve: Callable[[Script], OpenAIServer]) -> None:
    """Let a run go on in it that does not end by itself."""
    chat.session.agent.model = model_of(serve([Reply("never", fault="hang")]))
    chat.session.start("hello")


async def opened(chats: Chats, *visitors: str) -> list[Chat]:
    return [await chats.open(visitor) for visitor in visitors]


def still_there(chats: Chats, group: list[Chat]) -> list[bool]:
    return [chats.find(chat.id) is chat for chat in group]


async def test_who_opens_too_many_loses_the_own_one_used_longest_ago(chats_with):
    chats = chats_with(chats_per_visitor=2)
    group = await opened(chats, "a", "b", "a", "a")
    assert still_there(chats, group) == [False, True, True, True]


async def test_one_visitor_who_opens_hundreds_closes_nobody_elses(chats_with):
    chats = chats_with(chats_per_visitor=10, chats=15)
    others = await opened(chats, *(f"other {number}" for number in range(5)))
    many = await opened(chats, *["a"] * 210)
    assert all(still_there(chats, others)) and still_there(chats, many).count(True) == 10


async def test_where_there_are_too_many_of_all_who_holds_most_makes_room(chats_with):
    chats = chats_with(chats_per_visitor=10, chats=4)
    group = await opened(chats, "b", "a", "a", "a", "c", "d")
    assert still_there(chats, group) == [True, False, False, True, True, True]
    again = await opened(chats, "a")  # who would have most with it
    assert still_there(chats, [*group, *again]) == [True, False, False, False, True, True, True]


async def test_a_chat_with_a_run_is_never_closed_and_where_all_run_a_sentence_says_so(chats_with, serve):
    chats = chats_with(chats_per_visitor=2, chats=3)
    running, idle, other = await opened(chats, "a", "a", "b")
    begin(running, serve)
    (new,) = await opened(chats, "a")
    assert still_there(chats, [running, idle, other, new]) == [True, False, True, True]
    begin(new, serve)
    with pytest.raises(GlassboxError, match="All open chats are working on a question"):
        await chats.open("a")
    begin(other, serve)
    with pytest.raises(GlassboxError, match="All open chats are working on a question"):
        await chats.open("c")
    assert all(still_there(chats, [running, other, new]))


async def test_ids_and_keys_show_in_no_text():
    chat = await Chats(Config()).open("a")
    assert chat.id not in repr(chat) and chat.files_key not in repr(chat) and chat.files_key != chat.id
    await chat.session.close()


async def test_odd_ids_are_of_no_chat(chats_with):
    for odd in (None, 5, ["a"], {"a": 1}, True, "\0", "x" * 100_000):
        assert chats_with().find(odd) is None
    assert chats_with().find_by_files_key("schlüssel") is None


def test_a_key_is_not_shown_where_a_chat_is_printed():
    async def printed() -> str:
        chats = Chats(Config())
        chat = await chats.open("a")
        chat.keys.add(Settings(source="hub"), "hf_canary", Config())
        text = repr(chat)
        await chats.close(chat)
        return text

    assert "hf_canary" not in asyncio.run(printed())
