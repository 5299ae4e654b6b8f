"""The time for a reply, which stands still while nobody is there to reply."""

import asyncio

import pytest

from agent_core.permissions import PermissionRequest
from agent_core.reply_time import ReplyTime
from agent_core.session import waiting
from agent_core.session.waiting import Waiting


async def test_it_ends_and_stands_still_in_between():
    time = ReplyTime(0.05)
    time.set_running(False)
    reply = asyncio.create_task(time.wait_for(asyncio.Event().wait()))
    await asyncio.sleep(0.15)
    assert not reply.done() and 0 < time.left <= 0.05
    time.set_running(True)
    with pytest.raises(TimeoutError):
        await reply
    time.set_running(False)  # too late to change anything
    assert time.left == 0


async def test_a_reply_in_time_is_returned_and_an_endless_time_never_over():
    endless = ReplyTime()
    endless.set_running(False)
    endless.set_running(True)
    assert await endless.wait_for(asyncio.sleep(0, "yes")) == "yes"


async def test_it_runs_where_nothing_is_known_of_a_person_and_else_while_they_are_seen(monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    asked = Waiting()

    def ask() -> tuple[PermissionRequest, asyncio.Task[str]]:
        request = PermissionRequest("r", "import", "socket", "It opens connections.", ReplyTime(60))
        return request, asyncio.create_task(asked.ask(request))

    async def stands_still(request: PermissionRequest) -> bool:
        before = request.time.left
        await asyncio.sleep(0.01)
        return request.time.left == before

    request, unseen = ask()
    await asyncio.sleep(0)
    assert not await stands_still(request)
    asked.look()
    assert not await stands_still(request)
    await asyncio.sleep(0.1)
    assert await stands_still(request)
    unseen.cancel()
    request, away = ask()  # while the person is away
    await asyncio.sleep(0)
    assert await stands_still(request)
    asked.look()
    assert not await stands_still(request)
    away.cancel()
