"""A chat in a store comes back as it was: what was shown, and what the model is told."""

import asyncio
from contextlib import aclosing

import pytest

from agent_core import CodeAgent, GlassboxError, Policy, Session, StoreError
from agent_core.events import RunFinished, RunStarted, ThoughtDelta
from agent_core.record import merge_deltas
from agent_core.store.tables import chats
from tests.agent_core.store.support import answer, assert_extends
from tests.agent_core.support import code, sent
from tests.doubles.openai_server import Reply
from tests.support import Person, model_of


async def test_a_chat_comes_back_and_the_next_request_goes_on_from_the_last(serve, store):
    server = serve([code("x = 6 * 7\nprint(x)", "I multiply."), "It is 42.", "Yes, 42."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada", title="Six times seven?")
    await answer(session, "Six times seven?")
    shown = merge_deltas(session.log)
    [info] = await store.list_chats("ada")
    await session.close()

    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    assert again.log == shown and again.agent.usage == session.agent.usage
    before = sent(server)
    await answer(again, "Are you sure?")
    await again.close()
    after = sent(server)
    assert after[: len(before)] == before
    assert after[len(before)] == {"role": "assistant", "content": "It is 42."}
    assert "Are you sure?" in after[-1]["content"]


async def test_pictures_and_long_outputs_are_files_of_their_own_and_come_back(serve, store):
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('long ' * 5_000)"
    server = serve([code(drawing), "Drawn."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "Draw")
    shown = merge_deltas(session.log)
    [info] = await store.list_chats("ada")
    await session.close()
    contents = [path.read_text() for path in (store.folder_of(info.id) / "contents").iterdir()]
    pictures = [content for content in contents if content.startswith("iVBOR")]
    assert len(pictures) == 1, "once, although two events have it"
    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    assert again.log == shown
    assert again.agent.memory.steps[0].images == session.agent.memory.steps[0].images != []
    await again.close()


async def test_what_a_callback_changes_of_earlier_steps_and_questions_is_kept(serve, store):
    async def forget(step, agent):
        if step.number == 4:
            await asyncio.sleep(0.7)  # while what the step itself brought is written
            agent.memory.steps[0].observation = "Forgotten."
            agent.memory.turns[0].note = "Read again."

    server = serve([code("print(1)"), "One.", code("print(2)"), "Two."])
    session = await Session.create(store, CodeAgent(model_of(server), step_callbacks=[forget]), "ada")
    await answer(session, "One?")
    await answer(session, "Two?")
    await session.close()
    again = await Session.load(store, session.chat_id, CodeAgent(model_of(server)))
    assert again.agent.memory.turns == session.agent.memory.turns
    assert again.agent.memory.steps[0].observation == "Forgotten."
    await again.close()


async def test_files_of_the_question_and_of_the_code_are_there_after_a_restart(serve, store, tmp_path):
    (tmp_path / "numbers.csv").write_text("a\n1\n2\n")
    server = serve(
        [code("open('out.txt', 'w').write('kept')"), "Done.", code("print(open('out.txt').read())"), "Read."]
    )
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "Go", [tmp_path / "numbers.csv"])
    [info] = await store.list_chats("ada")
    await session.close()
    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    await answer(again, "And?")
    assert "kept" in again.agent.memory.steps[-2].observation, [type(e).__name__ for e in again.log]
    assert (await again.agent.open_file("numbers.csv")).read() == b"a\n1\n2\n"
    await again.close()


async def test_a_run_that_ends_with_the_program_is_interrupted_and_goes_on(serve, store):
    server = serve([code("x = 1"), Reply("A long answer. " * 9, fault="hang_midway"), "The answer."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    session.start("go")
    async with aclosing(session.follow()) as viewer:
        async for _ in viewer:
            said = "".join(event.text for event in session.log if isinstance(event, ThoughtDelta))
            if len(server.requests) == 2 and "A long answer." in said:
                break
    [info] = await store.list_chats("ada")
    await session.close()

    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    end = again.log[-1]
    assert isinstance(end, RunFinished) and end.reason == "interrupted" and end.can_resume
    again.resume(3)
    async with aclosing(again.follow()) as viewer:
        async for _ in viewer:
            pass
    end = again.log[-1]
    assert isinstance(end, RunFinished) and end.reason == "answer"
    assert_extends(sent(server, 2), sent(server, 1))
    await again.close()


async def test_addresses_that_a_person_named_may_still_be_opened(serve, store):
    server = serve(["Hello."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    await answer(session, "Look at https://example.org/a")
    [info] = await store.list_chats("ada")
    await session.close()
    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    assert (
        "https://example.org/a" in again.agent.chat.addresses
        and "https://example.org/b" not in again.agent.chat.addresses
    )
    await again.close()


async def test_an_unknown_chat_and_one_of_a_newer_version_say_so(serve, store):
    server = serve(["Hello."])
    with pytest.raises(StoreError, match="no such chat"):
        await Session.load(store, "unknown", CodeAgent(model_of(server)))
    with pytest.raises(StoreError, match="no such chat"):
        await Session.load(store, "../chats", CodeAgent(model_of(server)))
    chat_id = await store.create_chat("ada", "Later")
    await store._database.run(lambda connection: connection.execute(chats.update().values(version=99)))
    with pytest.raises(GlassboxError, match="newer Glassbox"):
        await Session.load(store, chat_id, CodeAgent(model_of(server)))


async def test_while_nothing_can_be_written_the_run_goes_on_and_is_written_later(serve, store, monkeypatch):
    server = serve([code("x = 1"), "Done.", "Again."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada")
    write = store.write

    async def fail(*_):
        raise StoreError("The chats cannot be written at the moment.")

    monkeypatch.setattr(store, "write", fail)
    await answer(session, "go")
    kinds = [type(event).__name__ for event in session.log]
    assert kinds.count("SavingFailed") == 1 and isinstance(session.log[-1], RunFinished)
    monkeypatch.setattr(store, "write", write)
    await answer(session, "again")
    assert [type(event).__name__ for event in session.log].count("SavingResumed") == 1
    [info] = await store.list_chats("ada")
    await session.close()
    again = await Session.load(store, info.id, CodeAgent(model_of(server)))
    assert [event.question for event in again.log if isinstance(event, RunStarted)] == ["go", "again"]
    assert again.agent.memory.messages("") == session.agent.memory.messages("")
    await again.close()


async def test_what_was_permitted_for_the_chat_is_kept_and_asked_again_once_it_is_taken_back(serve, store):
    ask, person = code("import socket"), Person("always")
    server = serve([ask, "One.", ask, "Two.", ask, "Three."])
    policy = Policy(ask=person)
    session = await Session.create(store, CodeAgent(model_of(server), policy=policy), "ada")
    await answer(session, "one")
    [info] = await store.list_chats("ada")
    await session.close()
    assert person.names == ["socket"]

    again = await Session.load(store, info.id, CodeAgent(model_of(server), policy=policy))
    assert again.grants == [("import", "socket")]
    await answer(again, "two")
    assert person.names == ["socket"]
    await again.revoke(("import", "socket"))
    await again.close()

    last = await Session.load(store, info.id, CodeAgent(model_of(server), policy=policy))
    assert last.grants == []
    await answer(last, "three")
    assert person.names == ["socket", "socket"]
    await last.close()
