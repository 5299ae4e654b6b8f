import asyncio

from agent_core.execution import Display
from tests.conftest import model_of
from tests.doubles.openai_server import Reply
from ui.chats import Chats
from ui.config import Config

SVG = Display({"text/plain": "x", "image/svg+xml": "<svg/>"})


async def test_each_chat_has_its_own_of_everything():
    chats = Chats(Config())
    first, second = await chats.open(), await chats.open()
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
    chat = await chats.open()
    workspace, picture = chat.session.agent.sandbox.workspace, chat.pictures.path_of(SVG)
    chat.session.agent.model = model_of(server)
    chat.session.start("hello")
    assert await asyncio.to_thread(server.wait_for_requests)
    await chats.close(chat)
    assert not chat.session.running
    assert not workspace.exists() and not picture.exists()


async def test_a_chat_nobody_used_for_long_is_closed_when_another_opens():
    chats = Chats(Config(idle_hours=1e-9))
    first = await chats.open()
    await asyncio.sleep(0.01)
    second = await chats.open()
    assert chats.find(first.id) is None and chats.find(second.id) is second
    await chats.close(second)


async def test_where_there_are_too_many_the_one_used_longest_ago_makes_room_but_never_one_that_runs(serve):
    server = serve([Reply("never", fault="hang")])
    chats = Chats(Config(chats=2))
    running, old = await chats.open(), await chats.open()
    running.session.agent.model = model_of(server)
    running.session.start("hello")
    new = await chats.open()
    assert [chats.find(chat.id) is chat for chat in (running, old, new)] == [True, False, True]
    for chat in (running, new):
        await chats.close(chat)


def test_a_key_is_not_shown_where_a_chat_is_printed():
    async def printed() -> str:
        chats = Chats(Config())
        chat = await chats.open()
        chat.keys["hub", "", ""] = "hf_canary"
        text = repr(chat)
        await chats.close(chat)
        return text

    assert "hf_canary" not in asyncio.run(printed())
