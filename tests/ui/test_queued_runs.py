"""Runs in the queue: what happens to them while others work, or wait for a person."""

import asyncio

from agent_core import CodeAgent, Session
from agent_core.events import FinalAnswer, QuestionAsked, RunFinished, RunQueued, RunStarted
from tests.agent_core.support import code
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import model_of
from tools import ask_user
from ui.fair_queue import FairQueue
from ui.view.doing import doing
from ui.view.transcript import Transcript


def session_of(server: OpenAIServer) -> Session:
    session = Session(CodeAgent(model_of(server), tools=[ask_user]))
    session.agent.ask_user = session.ask_user
    return session


async def until(session: Session, kind: type) -> None:
    async with asyncio.timeout(30):
        while not any(isinstance(event, kind) for event in session.log):
            await asyncio.sleep(0.01)


def doing_in(session: Session) -> str:
    return doing(Transcript(session.log).turns[-1])


async def test_a_run_that_waits_for_a_person_lends_its_place_and_gets_the_next_one(serve):
    asks = serve([code("city = ask_user('Which city?')\nfinal_answer(city)")])
    other = serve([Reply("Hello. " * 30, delay=0.05)])
    queue = FairQueue(9, 1, own_taken="chats.running")
    first, second, third = session_of(asks), session_of(other), session_of(serve(["Third."]))
    first.start("where?", slot=queue.join("a"))
    second.start("hello", slot=queue.join("b"))
    third.start("me, too", slot=queue.join("c"))
    await until(first, QuestionAsked)
    await until(second, RunStarted)
    assert first.open_question and first.answer(first.open_question.id, "Bern")
    await until(first, RunQueued)
    assert doing_in(first).endswith("You are number 1 in the queue.") and first.running
    assert doing_in(third).endswith("You are number 2 in the queue.")
    for session in (first, second, third):
        await until(session, RunFinished)
    asked, *queued = [event for event in first.log if isinstance(event, QuestionAsked | RunQueued)]
    assert isinstance(asked, QuestionAsked) and queued == [RunQueued("", 1), RunQueued("", 0)]
    assert [str(event.answer) for event in first.log if isinstance(event, FinalAnswer)] == ["Bern"]
    assert len(Transcript(first.log).turns) == 1 and (queue.held, queue.waiting) == (0, 0)
    for session in (first, second, third):
        await session.close()


async def test_who_does_not_reply_in_time_does_not_wait_and_who_stops_gives_the_place_back(serve, monkeypatch):
    monkeypatch.setattr("agent_core.tools.context.asking.ANSWER_SECONDS", 0.3)
    asks = serve([code("try:\n    ask_user('Which city?')\nexcept Exception:\n    final_answer('any')")])
    queue = FairQueue(9, 1, own_taken="chats.running")
    first, second = session_of(asks), session_of(serve([Reply("never", fault="hang")]))
    first.start("where?", slot=queue.join("a"))
    second.start("hello", slot=queue.join("b"))
    await until(first, RunFinished)
    [end] = [event for event in first.log if isinstance(event, RunFinished)]
    assert end.reason == "answer" and second.running
    await second.stop()
    assert (queue.held, queue.waiting) == (0, 0)
    for session in (first, second):
        await session.close()
