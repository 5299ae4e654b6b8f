"""Whenever a program is killed, its chats go on from what the model was told last."""

import asyncio
import random
import subprocess
import sys
from contextlib import aclosing
from dataclasses import replace

import pytest

from agent_core import Session, Store
from agent_core.events import CodeDelta, PermissionAsked, RunFinished, RunStarted, StepFinished, ThoughtDelta
from tests.agent_core.store.one_chat import OWNER, QUESTION, agent_of
from tests.agent_core.store.support import answer, assert_extends
from tests.agent_core.support import code, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import ROOT


@pytest.fixture
def place(tmp_path, database_url):
    """Where the chat is kept: the folder and the database."""
    return tmp_path, database_url


HANGING = Reply("A long answer. " * 9, fault="hang_midway")


class Program:
    """one_chat, until it is killed."""

    def __init__(self, place, server):
        command = [sys.executable, "-m", "tests.agent_core.store.one_chat", str(place[0]), server.url, place[1]]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def kill_at(self, kind, count=1):
        """Kill it when it has told of so many events of a kind."""
        assert self._process.stdout
        for line in self._process.stdout:
            count -= line.split().count(kind)
            if count <= 0:
                break
        self.kill()

    def kill(self):
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


def ending(events):
    assert isinstance(events[-1], RunFinished)
    return events[-1]


async def loaded(place, server):
    store = await Store.open(*place)
    [info] = await store.list_chats(OWNER)
    return store, await Session.load(store, info.id, agent_of(server.url))


async def go_on(place, server):
    """Load the chat, ask once more, and return the events before that. What is sent goes on from what was sent."""
    before = sent(server)
    store, session = await loaded(place, server)
    events = list(session.log)
    await answer(session, "And now?")
    await session.close()
    await store.close()
    assert ending(session.log).reason == "answer"
    assert_extends(sent(server), before)
    told = str(sent(server))
    assert told.count(QUESTION) == 1 and told.count("And now?") == 1
    return events


async def test_before_the_first_word(serve, place):
    server = serve([Reply(fault="hang_midway"), "It is 7."])
    program = Program(place, server)
    assert server.wait_for_requests(timeout=60)
    program.kill()
    events = await go_on(place, server)
    assert of_kind(events, RunStarted) == [RunStarted(QUESTION)]
    assert ending(events).reason == "interrupted"


async def test_while_a_reply_streams_what_was_written_stays(serve, place):
    server = serve([code("x = 1"), HANGING, "It is 7."])
    program = Program(place, server)
    assert server.wait_for_requests(2, timeout=60)
    await asyncio.sleep(1.2)  # longer than it takes until what streams is kept, also on a busy machine
    program.kill()
    events = await go_on(place, server)
    assert "A long answer." in "".join(delta.text for delta in of_kind(events, ThoughtDelta))
    assert len(of_kind(events, StepFinished)) == 1, "the step before it is whole"


async def test_while_code_runs(serve, place):
    slow = "open('half.txt', 'w').write('half')\nimport time\nprint('on')\ntime.sleep(60)"
    server = serve([code("open('whole.txt', 'w').write('whole')"), code(slow), "It is 7."])
    Program(place, server).kill_at("OutputDelta")
    events = await go_on(place, server)
    assert len(of_kind(events, StepFinished)) == 1
    assert "restarted" in str(sent(server)[-1]), "the model knows that its code did not come to its end"


async def test_while_a_person_is_asked(serve, place):
    server = serve([code("import secrets"), "It is 7."])
    Program(place, server).kill_at("PermissionAsked")
    events = await go_on(place, server)
    assert ending(events).reason == "interrupted"


async def test_after_the_end(serve, place):
    server = serve([code("x = 7\nprint(x)"), "It is 7.", "Still 7."])
    Program(place, server).kill_at("RunFinished")
    events = await go_on(place, server)
    assert ending(events).reason in ("answer", "interrupted"), "killed in the very moment, its end may be missing"


@pytest.mark.parametrize("seed", range(2))
async def test_at_any_moment_of_many_quick_steps(serve, place, seed):
    """Also while it writes: each write is whole or not there."""

    def script(body):
        last = body["messages"][-1]["content"]
        return "It is 7." if "And now?" in last else code(f"x = {len(body['messages'])}\nprint(x)")

    server = serve(script)
    program = Program(place, server)
    assert server.wait_for_requests(2, timeout=60)
    await asyncio.sleep(random.Random(seed).uniform(0, 0.3))
    program.kill()
    events = await go_on(place, server)
    assert len(of_kind(events, CodeDelta)) >= len(of_kind(events, StepFinished)) >= 1


async def test_a_permission_is_asked_for_again(serve, place):
    server = serve([code("import secrets"), code("import secrets"), "It is 7."])
    Program(place, server).kill_at("PermissionAsked")
    store, session = await loaded(place, server)
    session.agent.policy = replace(session.agent.policy, ask=session.ask)
    session.resume(3)
    async with aclosing(session.follow(len(session.log))) as news:
        async for events in news:
            for asked in of_kind(events, PermissionAsked):
                session.decide(asked.request_id, "once")
    assert ending(session.log).reason == "answer"
    await session.close()
    await store.close()
