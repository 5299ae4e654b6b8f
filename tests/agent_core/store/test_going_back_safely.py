"""Going back while something else happens: other presses at the same time, and a store that fails."""

import asyncio
from contextlib import aclosing

import pytest

from agent_core import Busy, CodeAgent, GlassboxError, Session, StoreError, Turn
from agent_core.events import RunFinished, RunQueued, RunStarted, StepFinished
from agent_core.session import import_chat
from agent_core.session.event_log import events_by_turn, until_step
from agent_core.usage import Usage
from tests.agent_core.store.support import answer
from tests.agent_core.support import code, of_kind
from tests.support import model_of


async def watch(session):
    async with aclosing(session.follow(len(session.log))) as news:
        async for _ in news:
            pass


def questions(session):
    return [turn.question for turn in session.agent.memory.turns]


async def reloaded(session, store):
    await session.close()
    return await Session.load(store, session.chat_id, CodeAgent(session.agent.model))


def steps_of(count):
    return [code(f"print('step', {number})") for number in range(1, count + 1)]


@pytest.fixture
def failing(store, monkeypatch):
    """A switch: whether the store fails to write."""
    write, state = store.write, {"fails": False}

    async def sometimes(*args):
        if state["fails"]:
            raise StoreError("The chats cannot be written at the moment.")
        await write(*args)

    monkeypatch.setattr(store, "write", sometimes)
    return state


async def test_on_from_a_late_step_all_steps_before_it_are_there_after_a_restart(serve, store):
    server = serve([*steps_of(5), "Done.", "Done again."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "go")
    await session.go_on_from(4)
    await watch(session)
    before = session.agent.memory.messages("")
    again = await reloaded(session, store)
    assert again.agent.memory.messages("") == before
    await again.close()


async def test_steps_made_while_nothing_can_be_written_are_all_written_later(serve, store, failing):
    server = serve([code("x = 1"), *steps_of(5), "Done.", "Again."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    async for _ in _until_step(session, "go", 1):
        failing["fails"] = True
    failing["fails"] = False
    await answer(session, "again")
    before = session.agent.memory.messages("")
    again = await reloaded(session, store)
    assert again.agent.memory.messages("") == before
    await again.close()


async def _until_step(session, question, step):
    """Ask, and yield once after the step; then wait for the end."""
    session.start(question)
    told = False
    async with aclosing(session.follow()) as news:
        async for events in news:
            if not told and any(isinstance(event, StepFinished) and event.step >= step for event in events):
                told = True
                yield


@pytest.mark.parametrize("back", ["switch", "go_back", "ask_again", "go_on_from"])
async def test_what_cannot_be_written_is_not_left_behind(serve, store, failing, back):
    server = serve(["One.", "One, again.", *steps_of(3), "Two.", "Three."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "one")
    await session.ask_again(0)
    await watch(session)
    failing["fails"] = True
    await answer(session, "two")
    with pytest.raises(StoreError):
        await getattr(session, back)(1)
    assert questions(session) == ["one", "two"] and not session.running
    failing["fails"] = False
    before = session.agent.memory.messages("")
    again = await reloaded(session, store)
    assert again.agent.memory.messages("") == before
    assert [of_kind(turn, RunStarted)[0].question for turn in events_by_turn(again.log)] == ["one", "two"]
    await again.close()


@pytest.mark.parametrize("second", ["ask_again", "start", "run_again", "switch", "go_back"])
async def test_of_two_presses_at_once_only_the_first_one_counts(serve, store, second):
    server = serve(lambda body: code("print(1)") if len(body["messages"]) < 3 else "Done.")
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "one")
    first = asyncio.create_task(session.ask_again(0))
    await asyncio.sleep(0)
    arguments = {"ask_again": (0,), "start": ("two",), "run_again": (), "switch": (1,), "go_back": (0,)}[second]
    with pytest.raises(Busy):
        if pressed := getattr(session, second)(*arguments):
            await pressed
    await first
    await watch(session)
    assert questions(session) == ["one"]
    assert [(version.ids, version.shown) for version in session.versions] == [((1, 2), 2)]
    await session.close()


async def test_an_empty_chat_has_nothing_to_go_back_to(serve, store):
    session = await Session.create(store, CodeAgent(model_of(serve(["One."]))), "ada")
    await session.go_back(0)
    for back in (session.go_back(1), session.ask_again(-1), session.go_back(-1)):
        with pytest.raises(GlassboxError):
            await back
    await session.close()


def test_the_events_until_a_step_without_an_end_are_those_until_the_one_before_it():
    events = [RunStarted("go"), *(StepFinished(step, 0.1, Usage()) for step in (1, 3, 4))]
    assert until_step(events, 2) == events[:2]
    assert until_step(events, 3) == events[:3]
    assert until_step(events, 0) == events[:1]


async def test_words_are_found_once_whatever_failed_before(serve, store, failing):
    session = await Session.create(store, CodeAgent(model_of(serve(["Done."]))), "ada", title="x")
    failing["fails"] = True
    await answer(session, "wombat")
    assert session._recorder
    for _ in range(3):
        await session._recorder.save()
    failing["fails"] = False
    await session.close()
    rows = await store.read(session.chat_id)
    assert rows.way[0].words.count("wombat") == 1


class Queue:
    """A place in a queue that never moves."""

    async def wait(self, tell):
        tell(1, None)
        await asyncio.Event().wait()

    def pause(self):
        pass

    go_on = leave = pause


async def test_a_question_that_is_stopped_while_it_waits_to_be_asked_again_keeps_its_files(serve, store, tmp_path):
    (tmp_path / "a.txt").write_text("alpha")
    session = await Session.create(store, CodeAgent(model_of(serve(["Read.", "More."]))), "ada")
    await answer(session, "Read it", [tmp_path / "a.txt"])
    await session.ask_again(0, slot=Queue())
    while not of_kind(session.log, RunQueued):
        await asyncio.sleep(0)
    await session.stop()
    assert [note.name for note in of_kind(events_by_turn(session.log)[-1], RunStarted)[0].files] == ["a.txt"]
    assert [note.name for note in session.agent.memory.turns[0].files] == ["a.txt"]
    await session.close()


async def test_nothing_begins_in_a_chat_that_was_closed_while_it_went_back(serve, store):
    session = await Session.create(store, CodeAgent(model_of(serve(["One."]))), "ada")
    await answer(session, "one")
    going_back = asyncio.create_task(session.ask_again(0))
    await asyncio.sleep(0)
    await session.close()
    with pytest.raises(GlassboxError, match="closed"):
        await going_back
    assert not session.running


async def test_an_imported_answer_that_was_cut_off_before_its_first_step_can_go_on(serve, store):
    events = [RunStarted("one"), RunFinished("cut_off", "Cut off.", 0)]
    chat_id = await import_chat(store, "ada", "Cut", events, [Turn("one")])
    session = await Session.load(store, chat_id, CodeAgent(model_of(serve(["Here."]))))
    session.resume(2)
    await watch(session)
    assert of_kind(session.log, RunFinished)[-1].reason == "answer"
    await session.close()
