"""What idle chats hold, with real sandboxes."""

import asyncio

import psutil
import pytest

from agent_core import CodeAgent
from agent_core.events import ChatSuspended
from agent_core.sandbox.host.zygote_process import zygote
from agent_core.temporary import own_folder
from demo import demo_model
from tests.ui.support import kept_chats, person
from ui.chats import Chat, Chats
from ui.config import Config
from ui.view.transcript import Transcript
from ui.view.turn_view import NoteView


def processes() -> int:
    """Those that the zygote has: workers and checkpoints."""
    if zygote.process is None:
        return 0
    below = psutil.Process(zygote.process.pid).children(recursive=True)
    return sum(process.status() != psutil.STATUS_ZOMBIE for process in below)


async def run(chat: Chat, code: str) -> str | None:
    done = await chat.session.agent.sandbox.run(code)
    assert done.error is None, done.error
    return done.value


@pytest.fixture
async def chats(chats_with):
    return await chats_with(awake_chats=5, chats_per_visitor=100)


def awake(chats: Chats) -> list[Chat]:
    return [chat for chat in chats._chats.values() if chat.session.agent.is_awake]


async def test_of_many_idle_chats_only_some_keep_processes_and_the_others_go_on_with_their_files(chats):
    made, before = [], processes()  # other tests' apps may have some
    for number in range(30):
        made.append(await chats.open(person("a"), "a question"))
        await run(made[-1], f"x = {number}\nopen('kept.txt', 'w').write('file {number}')")
    await chats.suspend_idle()
    assert awake(chats) == made[-5:]
    async with asyncio.timeout(20):  # what was ended in the background may be on its way
        while processes() > before + 5 * 3 + 2:  # a worker, its start and a checkpoint of each; two in reserve
            await asyncio.sleep(0.05)
    for number in (0, 29):
        assert await run(made[number], "x, open('kept.txt').read()") == f"({number}, 'file {number}')"
        assert made[number].session.agent.sandbox.aftermath == "" and made[number].session.log == []


async def test_the_model_and_the_person_are_told_of_what_is_lost(chats):
    chat = await chats.open(person("a"), "a question")
    await run(chat, "steps, x = (i for i in 'ab'), 1")
    await chats.sleep_idle()
    assert chat.session.agent.is_awake, "it was just used"
    chat.session.last_used -= 601
    await chats.sleep_idle()
    assert chat.session.agent.is_awake and chat.session.log == [], "something would be lost"
    await chat.session.suspend()
    assert chat.session.log == [ChatSuspended(("steps",))]
    done = await chat.session.agent.sandbox.run("x")
    assert done.value == "1" and "lost; define again what you need of them: steps." in done.note
    chat.session.agent.model = demo_model(delay=0)
    chat.session.start("What is the cube root of 27?")
    async for _ in chat.session.follow():
        pass
    first = Transcript(chat.session.log).turns[0].items[0]
    assert isinstance(first, NoteView) and "which could not be kept: steps." in first.text


async def test_an_idle_chat_sleeps_and_one_that_is_closed_or_ends_with_the_app_has_its_variables(tmp_path):
    async with kept_chats(tmp_path) as chats:
        made = [await chats.open(person("a"), "a question") for _ in range(3)]
        for number, chat in enumerate(made):
            await run(chat, f"x = {number}")
        made[0].session.last_used -= 601
        await chats.sleep_idle()
        assert [chat.session.agent.is_awake for chat in made] == [False, True, True]
        await chats.close(made[0])
        await chats.close(made[1])
        for number in range(2):
            chat = await chats.find(made[number].id, person("a"))
            assert chat and not chat.session.agent.is_awake and chat.session.agent.sandbox.has_variables(1)
            assert await run(chat, "x") == str(number)
    async with kept_chats(tmp_path) as chats:
        chat = await chats.find(made[2].id, person("a"))
        assert chat and await run(chat, "x") == "2" and chat.session.log == []


async def test_chats_that_are_opened_and_left_go_back_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr("ui.chats._CHECK_SECONDS", 0.05)
    async with kept_chats(tmp_path, Config(sleep_minutes=0.005, idle_hours=0.001)) as chats:
        before, descriptors, folders = processes(), psutil.Process().num_fds(), len(list(own_folder().iterdir()))
        made = [await chats.open(person("a"), "a question") for _ in range(6)]
        for chat in made:
            await run(chat, "x = 1")
        looking = asyncio.create_task(chats.look_after())
        async with asyncio.timeout(60):
            while chats._chats or processes() > before:
                await asyncio.sleep(0.05)
        looking.cancel()
        assert psutil.Process().num_fds() <= descriptors + 3, "of the database, and of the first chat's process"
        assert len(list(own_folder().iterdir())) <= folders + 1
        again = await chats.find(made[0].id, person("a"))
        assert again and await run(again, "x") == "1"


async def test_one_visitors_many_chats_are_suspended_before_anothers_few(chats):
    few = [await chats.open(person("few"), "a question") for _ in range(2)]
    many = [await chats.open(person("many"), "a question") for _ in range(6)]
    for chat in (*few, *many):
        await run(chat, "x = 1")
    await chats.suspend_idle()
    assert awake(chats) == [*few, *many[-3:]]


async def test_a_chat_that_began_to_run_code_is_not_suspended():
    async with CodeAgent(demo_model()) as agent:
        stream = agent.sandbox.stream("print(1)\nx = 2")
        await anext(stream)
        assert not await agent.suspend()
        async for _ in stream:
            pass
        assert (await agent.sandbox.run("x")).value == "2"
        assert await agent.suspend() and not agent.is_awake and not await agent.suspend()
