"""Going back: variables and files are as before a question, and what came after it stays as another version."""

import asyncio
from contextlib import aclosing

import pytest

from agent_core import CodeAgent, GlassboxError, Policy, Session
from agent_core.events import (
    ChatRewound,
    PermissionAsked,
    RunAgainFinished,
    RunStarted,
    StepFinished,
    StepRanAgain,
    StepsRunAgain,
)
from agent_core.session.event_log import events_by_turn
from tests.agent_core.store.support import answer
from tests.agent_core.support import code, of_kind
from tests.support import model_of

COUNT = "n = globals().get('n', 0) + 1\nopen('log.txt', 'a').write(f'{n} ')\nprint('n is', n, open('log.txt').read())"


async def watch(session):
    async with aclosing(session.follow(len(session.log))) as news:
        async for _ in news:
            pass


def questions(session):
    return [turn.question for turn in session.agent.memory.turns]


def last_output(session):
    return [step.observation for step in session.agent.memory.steps if step.code][-1]


@pytest.fixture
async def counting(serve, store):
    """A chat of three questions, each of which counts one further."""
    server = serve(lambda body: code(COUNT) if "n is" not in body["messages"][-1]["content"] else "Counted.")
    session = await Session.create(store, CodeAgent(model_of(server)), "ada", title="Count")
    for question in ("one", "two", "three"):
        await answer(session, question)
    assert "n is 3 1 2 3" in last_output(session)
    yield session
    await session.close()


async def test_an_edited_question_finds_variables_and_files_as_they_were_before_it(counting):
    await counting.ask_again(1, "two, please")
    await watch(counting)
    assert questions(counting) == ["one", "two, please"]
    assert "n is 2 1 2" in last_output(counting)
    assert counting.versions[1].ids == (2, 4) and counting.versions[1].shown == 4
    shown = events_by_turn(counting.log)
    assert [of_kind(turn, RunStarted)[0].question for turn in shown] == ["one", "two, please"]


async def test_over_to_the_other_version_and_back_each_with_its_own_variables(counting):
    await counting.ask_again(1, "two, please")
    await watch(counting)
    await answer(counting, "further")
    assert "n is 3 1 2 3" in last_output(counting)
    await counting.switch(2)
    assert questions(counting) == ["one", "two", "three"]
    await answer(counting, "four")
    assert "n is 4 1 2 3 4" in last_output(counting)
    await counting.switch(4)
    assert questions(counting) == ["one", "two, please", "further"]
    await answer(counting, "on")
    assert "n is 4 1 2 3 4" in last_output(counting)


async def test_versions_are_there_after_a_restart(counting, store):
    await counting.ask_again(1, "two, please")
    await watch(counting)
    chat_id, agent = counting.chat_id, CodeAgent(counting.agent.model)
    messages = counting.agent.memory.messages("")
    await counting.close()
    again = await Session.load(store, chat_id, agent)
    assert again.agent.memory.messages("") == messages
    assert [versions.ids for versions in again.versions] == [(1,), (2, 4)]
    await again.switch(2)
    assert isinstance(again.log[-1], ChatRewound) and "variables are gone" in again.log[-1].losses
    assert questions(again) == ["one", "two", "three"]
    assert (await again.agent.open_file("log.txt")).read() == b"1 2 3 "
    await again.switch(4)
    assert (await again.agent.open_file("log.txt")).read() == b"1 2 "
    await again.close()


async def test_the_last_turn_is_taken_away_and_the_file_is_as_before(counting):
    await counting.go_back(2)
    assert questions(counting) == ["one", "two"]
    assert (await counting.agent.open_file("log.txt")).read() == b"1 2 "
    await counting.go_back(0)
    assert questions(counting) == [] and counting.versions == []
    with pytest.raises(GlassboxError, match="0 questions"):
        await counting.ask_again(0)


async def test_a_question_is_asked_again_with_its_files(serve, store, tmp_path):
    (tmp_path / "a.txt").write_text("alpha")
    server = serve(lambda body: code("print(open('a.txt').read())") if len(body["messages"]) < 3 else "Read.")
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "Read it", [tmp_path / "a.txt"])
    await session.ask_again(0)
    await watch(session)
    assert "alpha" in last_output(session)
    assert [note.name for note in session.agent.memory.turns[0].files] == ["a.txt"]
    await session.close()


async def test_a_step_with_other_code_and_on_from_there(counting):
    await counting.go_on_from(3, "n = 40\nprint('n is', n)")
    await watch(counting)
    assert questions(counting) == ["one", "two"]
    assert "n is 40" in last_output(counting)
    assert counting.versions[1].ids == (2, 4)
    steps = of_kind(events_by_turn(counting.log)[1], StepFinished)
    assert [step.step for step in steps] == [counting.agent.memory.steps[-2].number, counting.agent.memory.last_step]
    await answer(counting, "more")
    assert "n is 41 1 41" in last_output(counting)


async def test_on_from_a_step_as_it_is(counting):
    await counting.go_on_from(1)
    await watch(counting)
    assert questions(counting) == ["one"] and counting.versions[0].ids == (1, 4)
    assert (await counting.agent.open_file("log.txt")).read() == b"1 "


async def test_after_a_restart_the_steps_run_again_and_variables_are_back(counting, store):
    chat_id, agent = counting.chat_id, CodeAgent(counting.agent.model)
    await counting.close()
    again = await Session.load(store, chat_id, agent)
    assert again.agent.lost_steps
    again.run_again()
    await watch(again)
    assert of_kind(again.log, StepRanAgain) == [
        StepRanAgain(step) for step in of_kind(again.log, StepsRunAgain)[0].steps
    ]
    assert of_kind(again.log, RunAgainFinished) == [RunAgainFinished()]
    assert not again.agent.lost_steps
    await answer(again, "four")
    assert "n is 4 1 2 3 4" in last_output(again)
    await again.close()


async def test_running_again_stops_at_the_first_difference_and_files_stay_as_they_were(serve, store, tmp_path):
    outside = "import time\nprint(time.time_ns())"
    replies = iter([code("a = 1\nopen('a.txt', 'w').write('kept')"), code(outside), code("b = 2"), "Done."])
    server = serve(lambda _: next(replies))
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "go")
    chat_id = session.chat_id
    await session.close()
    again = await Session.load(store, chat_id, CodeAgent(model_of(server)))
    again.run_again()
    await watch(again)
    ran = of_kind(again.log, StepRanAgain)
    assert [step.difference == "" for step in ran] == [True, False], "the third is not run"
    assert "differently" in of_kind(again.log, RunAgainFinished)[0].message and again.agent.lost_steps
    assert (await again.agent.open_file("a.txt")).read() == b"kept"
    await again.close()


async def test_running_again_asks_for_the_same_permissions(serve, store):
    replies = iter([code("import secrets\nx = 5"), "Done."])
    server = serve(lambda _: next(replies))
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    session.agent.policy = Policy(imports=(), ask=session.ask)
    session.start("go")
    await allow(session, 0)
    chat_id = session.chat_id
    await session.close()
    again = await Session.load(store, chat_id, CodeAgent(model_of(server)))
    again.agent.policy = Policy(imports=(), ask=again.ask)
    again.run_again()
    assert await allow(again, len(again.log)) == 1
    assert again.log[-1] == RunAgainFinished()
    await again.close()


async def allow(session, start):
    """Allow all that the run asks for. Returns how much that was."""
    asked = 0
    async with aclosing(session.follow(start)) as news:
        async for events in news:
            for request in of_kind(events, PermissionAsked):
                asked += 1
                session.decide(request.request_id, "once")
    return asked


class Place:
    """A place in a queue, until it is free."""

    def __init__(self):
        self.free = asyncio.Event()

    async def wait(self, tell):
        tell(3, None)
        await self.free.wait()

    def pause(self):
        pass

    go_on = leave = pause


async def test_steps_that_run_again_wait_for_their_place_and_the_last_answer_stays(counting, store):
    chat_id, agent = counting.chat_id, CodeAgent(counting.agent.model)
    await counting.close()
    again, place = await Session.load(store, chat_id, agent), Place()
    before = len(again.log)
    again.run_again(place)
    await asyncio.sleep(0.1)
    assert again.running and len(again.log) == before, "nothing says that the question waits"
    place.free.set()
    await watch(again)
    assert again.log[-1] == RunAgainFinished()
    await again.close()


async def test_an_unexpected_failure_while_steps_run_again_is_no_success(counting, store, monkeypatch):
    chat_id, agent = counting.chat_id, CodeAgent(counting.agent.model)
    await counting.close()
    again = await Session.load(store, chat_id, agent)

    async def fail(*_):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(agent, "act", fail)
    again.run_again()
    await watch(again)
    [end] = of_kind(again.log, RunAgainFinished)
    assert "went wrong" in end.message
    await again.close()


async def test_steps_that_run_again_are_stopped_and_say_so(serve, store, monkeypatch):
    replies = iter([code("print('done')"), "Done.", "Hello."])
    server = serve(lambda _: next(replies))
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "go")
    chat_id = session.chat_id
    await session.close()
    again = await Session.load(store, chat_id, CodeAgent(model_of(server)))
    acting, act = asyncio.Event(), again.agent.act

    async def act_slowly(*arguments):
        acting.set()
        await asyncio.sleep(60)
        return await act(*arguments)

    with monkeypatch.context() as slow:
        slow.setattr(again.agent, "act", act_slowly)
        again.run_again()
        await acting.wait()
        await again.stop()
    assert of_kind(again.log, RunAgainFinished) == [RunAgainFinished("Stopped.")]
    assert again.agent.lost_steps and not again.agent.can_resume
    await answer(again, "Hi")
    await again.close()
