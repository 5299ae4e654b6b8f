"""Programs that are killed in the middle of going back or deleting, disks that are full, and files that are gone."""

import shutil
import subprocess
import sys
from pathlib import Path

from agent_core import CodeAgent, Session, Store
from agent_core.events import Displayed, SavingFailed, SavingResumed
from tests.agent_core.store.one_chat import OWNER, agent_of
from tests.agent_core.store.support import answer
from tests.agent_core.support import code, of_kind
from tests.small_disk import fill, small_disk
from tests.support import ROOT, model_of

_STEPS = [
    code("open('a', 'w').write('1')"),
    "One.",
    code("open('a', 'w').write('2')\nopen('b', 'w').write('2')"),
    "Two.",
]


def _killed(folder: Path, address: str, what: str) -> None:
    command = [sys.executable, "-m", "tests.agent_core.store.midway", str(folder), address, what]
    assert subprocess.run(command, cwd=ROOT, timeout=120).returncode == -9


async def test_killed_after_the_files_went_back_and_before_the_record(serve, tmp_path):
    server = serve(_STEPS)
    _killed(tmp_path, server.url, "going back")
    store = await Store.open(tmp_path)
    [info] = await store.list_chats(OWNER)
    session = await Session.load(store, info.id, agent_of(server.url))
    assert [turn.question for turn in session.agent.memory.turns] == ["First?", "Second?"]
    with await session.agent.open_file("a") as file:
        assert file.read() == b"2", "the files are those of what is shown"
    await session.go_back(1)
    with await session.agent.open_file("a") as file:
        assert file.read() == b"1"
    assert [file.note.name for file in await session.agent.sandbox.list_files()] == ["a"]
    await session.close()
    await store.close()


async def test_killed_while_a_chat_is_deleted(serve, tmp_path):
    _killed(tmp_path, serve(_STEPS).url, "deleting")
    store = await Store.open(tmp_path)
    assert await store.list_chats(OWNER) == []
    await store.purge(0)
    assert not any((tmp_path / "chats").iterdir()), "nothing of it is left"
    await store.close()


async def test_a_full_disk_is_told_once_and_what_was_shown_is_written_later(serve, tmp_path):
    with small_disk(tmp_path / "disk", 12) as disk:
        store = await Store.open(disk)
        session = await Session.create(store, CodeAgent(model_of(serve(["Hello. " * 20_000, "Again."]))), OWNER)
        filler = fill(disk)
        await answer(session, "Hi")
        assert str(session.agent.memory.turns[-1].steps[-1].said).startswith("Hello."), "it was answered all the same"
        assert len(of_kind(session.log, SavingFailed)) == 1
        assert not list(disk.rglob("*.new")), "no half file stays"
        filler.unlink()
        await answer(session, "And?")
        assert len(of_kind(session.log, SavingResumed)) == 1
        await session.close()
        again = await Session.load(store, session.chat_id, CodeAgent(session.agent.model))
        assert [turn.question for turn in again.agent.memory.turns] == ["Hi", "And?"]
        await again.close()
        await store.close()


async def test_of_a_chat_whose_files_are_gone_the_rest_is_shown_and_it_goes_on(serve, tmp_path):
    store = await Store.open(tmp_path)
    server = serve(
        [code("print('x' * 20_000)\nopen('a', 'w').write('1')"), "One.", code("open('b', 'w').write('2')"), "Two."]
    )
    session = await Session.create(store, CodeAgent(model_of(server)), OWNER)
    await answer(session, "First?")
    await session.close()
    shutil.rmtree(store.folder_of(session.chat_id))
    again = await Session.load(store, session.chat_id, CodeAgent(session.agent.model))
    assert "was removed from the disk" in str(again.log)
    await answer(again, "Second?")
    assert again.agent.memory.turns[-1].steps[0].observation
    assert [file.note.name for file in await again.agent.sandbox.list_files()] == ["b"]
    assert of_kind(again.log, Displayed) == []
    await again.close()
    await store.close()
