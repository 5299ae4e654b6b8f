"""What becomes of the runs when the app ends."""

import asyncio
import threading

import pytest

from agent_core import Policy
from agent_core.events import (
    OutputDelta,
    PermissionAsked,
    QuestionAsked,
    RunFinished,
    RunQueued,
    StepFinished,
    StepStarted,
)
from tests.agent_core.support import code, of_kind
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import model_of
from tests.ui.support import person
from tools import ask_user
from ui.chats import Chat, Chats
from ui.fair_queue import Closed

ENDLESS = code("import time\nprint('on', flush=True)\ntime.sleep(600)")


async def begin(chats: Chats, server: OpenAIServer) -> Chat:
    chat = await chats.open(person("a"), "a question")
    agent = chat.session.agent
    agent.model, agent.tools, agent.ask_user = model_of(server), [ask_user], chat.session.ask_user
    agent.policy = Policy(ask=chat.session.ask)
    chat.session.start("go", slot=chats.runs.join("a"))
    return chat


async def until(chat: Chat, kind: type) -> None:
    async with asyncio.timeout(30):
        while not of_kind(chat.session.log, kind):
            await asyncio.sleep(0.01)


def end_of(chat: Chat) -> RunFinished:
    end = chat.session.log[-1]
    assert isinstance(end, RunFinished)
    return end


async def test_a_step_may_end_and_an_answer_be_given_but_no_further_step_begins(chats_with, serve):
    chats = await chats_with()
    go_on = threading.Event()
    step = await begin(chats, serve([Reply(code("print(6 * 7)"), begin=go_on), "Never asked for."]))
    answer = await begin(chats, serve([Reply("Hello.", begin=go_on)]))
    for chat in (step, answer):
        await until(chat, StepStarted)
    ending = asyncio.create_task(chats.wind_down(20))
    await asyncio.sleep(0.3)
    assert step.session.running and answer.session.running and not ending.done()
    with pytest.raises(Closed, match="Glassbox is being restarted, so nothing new begins"):
        chats.runs.join("b")
    go_on.set()
    await ending
    [done] = of_kind(step.session.log, StepFinished)
    assert done.execution and done.execution.stdout == "42\n"
    assert (end_of(step).reason, end_of(step).can_resume) == ("interrupted", True)
    assert end_of(step).message == "The program was restarted while it worked on this."
    assert end_of(answer).reason == "answer"


async def test_who_waits_for_others_or_for_a_person_is_interrupted_at_once_and_the_rest_in_the_end(chats_with, serve):
    chats = await chats_with(runs=4, runs_per_visitor=9)
    asking = await begin(chats, serve([code("ask_user('Which city?')")]))
    permission = await begin(chats, serve([code("import socket")]))
    await until(asking, QuestionAsked)
    await until(permission, PermissionAsked)
    running = [await begin(chats, serve([ENDLESS])) for _ in range(3)]
    queued = await begin(chats, serve(["Never asked for."]))
    for chat in running:
        await until(chat, OutputDelta)
    await until(queued, RunQueued)
    await chats.wind_down(0.5)
    for chat in (asking, permission, queued):
        assert end_of(chat).reason == "interrupted" and end_of(chat).can_resume and not chat.session.running
    assert all(chat.session.running for chat in running)
    await chats.close_all()
    assert [end_of(chat).reason for chat in running] == ["interrupted"] * 3
    again = await chats.find(queued.id, person("a"))
    assert again and again.session.agent.can_resume and again.session.agent.memory.turns[-1].question == "go"


async def test_without_a_grace_period_idle_chats_keep_their_variables_too(chats_with):
    chats = await chats_with()
    chat = await chats.open(person("a"), "a question")
    await chat.session.agent.sandbox.run("x = 42")
    await chats.wind_down(0)
    await chats.close_all()
    again = await chats.find(chat.id, person("a"))
    assert again and (await again.session.agent.sandbox.run("print(x)")).stdout == "42\n"
