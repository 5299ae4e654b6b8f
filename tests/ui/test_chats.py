import asyncio
from collections.abc import Callable

import pytest

from agent_core import GlassboxError, Store, StoreError
from agent_core.events import ChatSuspended, RunFinished
from tests.doubles.openai_server import OpenAIServer, Reply, Script
from tests.support import model_of
from tests.ui.support import kept_chats, person
from ui.chats import Chat, Chats
from ui.config import Config
from ui.settings.settings import Settings

ANN, BOB = person("ann"), person("bob")


async def test_each_chat_has_its_own_of_everything(chats_with):
    chats = await chats_with()
    first, second = await chats.open(ANN, "one"), await chats.open(ANN, "two")
    assert first.id != second.id and len(first.id) > 20
    assert first.session.agent is not second.session.agent
    assert await chats.find(first.id, ANN) is first and await chats.find(second.id, ANN) is second
    for odd in (None, 5, ["a"], {"a": 1}, True, "", "\0", "elsewhere-and-long-enough", "../../..", "x" * 100_000):
        assert await chats.find(odd, ANN) is None and chats.find_open(odd, "ann") is None


async def test_nobody_finds_changes_or_deletes_anothers_chat(chats_with):
    chats = await chats_with()
    chat = await chats.open(ANN, "one")
    for other in (BOB, person("")):
        assert await chats.find(chat.id, other) is None and chats.find_open(chat.id, other.owner) is None
        assert not await chats.delete(chat.id, other.owner) and chats.states(other.owner) == {}
    await chats.close(chat)
    assert await chats.find(chat.id, BOB) is None and await chats.find(chat.id, ANN) is not None


async def test_a_closed_chat_comes_back_once_with_what_was_said_and_its_files(chats_with, serve):
    chats = await chats_with()
    chat = await chats.open(ANN, "one")
    chat.session.agent.model = model_of(serve(["Hello."]))
    chat.session.start("one")
    async for _ in chat.session.follow():
        pass
    (chat.session.agent.sandbox.workspace / "a.txt").write_text("kept")
    await chats.close(chat)
    assert chats.find_open(chat.id, "ann") is None
    again = await asyncio.gather(*(chats.find(chat.id, ANN) for _ in range(5)))
    assert len(set(again)) == 1 and again[0] not in (None, chat)
    assert [type(event) for event in again[0].session.log] == [type(event) for event in chat.session.log]
    with await again[0].session.agent.open_file("a.txt") as file:
        assert file.read() == b"kept"


async def test_who_asks_while_a_chat_is_being_closed_gets_all_of_it(chats_with, serve):
    chats = await chats_with()
    chat = await chats.open(ANN, "one")
    await chat.session.agent.sandbox.run("x = (i for i in 'ab')")
    chat.session.agent.model = model_of(serve(["Hello."]))
    chat.session.start("one")
    async for _ in chat.session.follow():
        pass
    closing = asyncio.create_task(chats.close(chat))
    await asyncio.sleep(0)
    again = await chats.find(chat.id, ANN)
    await closing
    assert again not in (None, chat) and again.session.log[-1] == ChatSuspended(("x",))


async def test_a_chat_that_cannot_be_written_stays_open_until_it_is(chats_with, serve, monkeypatch):
    chats = await chats_with(idle_hours=0.01 / 3_600)
    chat = await chats.open(ANN, "one")
    chat.session.agent.model = model_of(serve(["Hello."]))
    with monkeypatch.context() as broken:

        async def fail(*_):
            raise StoreError("The disk is full.")

        broken.setattr(Store, "write", fail)
        chat.session.start("one")
        async for _ in chat.session.follow():
            pass
        await asyncio.sleep(0.1)
        await chats.close_unused()
        assert chats.find_open(chat.id, "ann") is chat
    await chat.session.suspend()
    async with asyncio.timeout(30):
        while not chat.session.is_saved:
            await asyncio.sleep(0.1)
    await chats.close_unused()
    assert chats.find_open(chat.id, "ann") is None
    assert any(isinstance(event, RunFinished) for event in (await chats.find(chat.id, ANN)).session.log)


async def test_a_chat_that_is_closed_twice_stays_open_if_it_was_opened_again_meanwhile(chats_with):
    chats = await chats_with()
    chat = await chats.open(ANN, "one")
    await chats.close(chat)
    again = await chats.find(chat.id, ANN)
    await chats.close(chat)
    assert again is not None and await chats.find(chat.id, ANN) is again


async def test_when_the_app_ends_runs_end_as_interrupted_and_can_go_on(tmp_path, serve):
    server = serve([Reply("never", fault="hang")])
    async with kept_chats(tmp_path) as chats:
        chat = await chats.open(ANN, "hello")
        begin(chat, server)
        assert await asyncio.to_thread(server.wait_for_requests)
    async with kept_chats(tmp_path) as chats:
        again = await chats.find(chat.id, ANN)
        assert again is not None
        end = again.session.log[-1]
        assert isinstance(end, RunFinished) and end.reason == "interrupted" and end.can_resume


async def test_a_deleted_chat_is_closed_and_its_run_ends(chats_with, serve):
    chats = await chats_with()
    first, second = await chats.open(ANN, "one"), await chats.open(ANN, "two")
    server = serve([Reply("never", fault="hang")] * 2)
    begin(first, server)
    begin(second, server)
    assert chats.states("ann") == {first.id: "running", second.id: "running"}
    assert await chats.delete(first.id, "ann") and not first.session.running
    assert await chats.find(first.id, ANN) is None
    assert await chats.delete_all("ann") == 2 and not second.session.running
    assert await chats.find(second.id, ANN) is None


async def test_who_signs_in_has_the_chats_of_the_browser(chats_with):
    chats = await chats_with()
    open_one, closed = await chats.open(ANN, "one"), await chats.open(ANN, "two")
    await chats.close(closed)
    await chats.move_all("ann", "account 1")
    for chat in (open_one, closed):
        assert await chats.find(chat.id, ANN) is None and await chats.find(chat.id, person("account 1")) is not None


async def test_whose_chats_take_up_too_much_is_told(chats_with):
    chats = await chats_with(data_mb_per_person=1)
    chat = await chats.open(ANN, "one")
    (chat.session.agent.sandbox.workspace / "large.bin").write_bytes(b"x" * 2 * 2**20)
    await chats.check_size("ann")  # it is measured after a run
    chat.session.start("What is the cube root of 27?")
    async for _ in chat.session.follow():
        pass
    with pytest.raises(GlassboxError, match="take up more than 1 MB, the most that fits here"):
        await chats.check_size("ann")
    await chats.check_size("bob")
    await chats.delete(chat.id, "ann")
    await chats.check_size("ann")


async def test_a_chat_nobody_used_for_long_is_closed_by_the_clock(monkeypatch, chats_with):
    monkeypatch.setattr("ui.chats._CHECK_SECONDS", 0.01)
    chats = await chats_with(idle_hours=0.2 / 3_600)
    unused = await chats.open(ANN, "one")
    looking = asyncio.create_task(chats.look_after())
    async with asyncio.timeout(20):
        while chats.find_open(unused.id, "ann"):
            await asyncio.sleep(0.01)
    looking.cancel()
    assert await chats.find(unused.id, ANN) is not None


def begin(chat: Chat, server: OpenAIServer) -> None:
    """Let a run go on in it that does not end by itself."""
    chat.session.agent.model = model_of(server)
    chat.session.start("hello")


def hanging(serve: Callable[[Script], OpenAIServer]) -> OpenAIServer:
    return serve([Reply("never", fault="hang")])


async def opened(chats: Chats, *names: str) -> list[Chat]:
    return [await chats.open(person(name), "a question") for name in names]


def are_open(chats: Chats, group: list[Chat]) -> list[bool]:
    return [chats.find_open(chat.id, chat.owner) is chat for chat in group]


async def test_who_opens_too_many_has_the_own_one_closed_that_was_used_longest_ago(chats_with):
    chats = await chats_with(chats_per_visitor=2)
    group = await opened(chats, "a", "b", "a", "a")
    assert are_open(chats, group) == [False, True, True, True]
    assert await chats.find(group[0].id, person("a")) is not None
    assert are_open(chats, group[1:]) == [True, False, True]


async def test_one_visitor_who_opens_many_closes_nobody_elses(chats_with):
    chats = await chats_with(chats_per_visitor=10, chats=15)
    others = await opened(chats, *(f"other {number}" for number in range(5)))
    many = await opened(chats, *["a"] * 60)
    assert all(are_open(chats, others)) and are_open(chats, many).count(True) == 10


async def test_where_there_are_too_many_of_all_who_holds_most_makes_room(chats_with):
    chats = await chats_with(chats_per_visitor=10, chats=4)
    group = await opened(chats, "b", "a", "a", "a", "c", "d")
    assert are_open(chats, group) == [True, False, False, True, True, True]
    again = await opened(chats, "a")  # who would have most with it
    assert are_open(chats, [*group, *again]) == [True, False, False, False, True, True, True]


async def test_a_chat_with_a_run_is_never_closed_and_where_all_run_a_sentence_says_so(chats_with, serve):
    chats = await chats_with(chats_per_visitor=2, chats=3)
    running, idle, other = await opened(chats, "a", "a", "b")
    begin(running, hanging(serve))
    (new,) = await opened(chats, "a")
    assert are_open(chats, [running, idle, other, new]) == [True, False, True, True]
    begin(new, hanging(serve))
    with pytest.raises(GlassboxError, match="All open chats are working on a question"):
        await chats.open(person("a"), "a question")
    with pytest.raises(GlassboxError, match="All open chats are working on a question"):
        await chats.find(idle.id, person("a"))
    begin(other, hanging(serve))
    with pytest.raises(GlassboxError, match="All open chats are working on a question"):
        await chats.open(person("c"), "a question")
    assert all(are_open(chats, [running, other, new]))


async def test_a_key_is_not_shown_where_a_chat_is_printed(chats_with):
    chats = await chats_with()
    chat = await chats.open(ANN, "one")
    chat.keys.add(Settings(source="hub"), "hf_canary", Config())
    assert "hf_canary" not in repr(chat)
