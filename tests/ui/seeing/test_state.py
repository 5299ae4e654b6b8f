"""What is so at the moment, as the app's parts and the kernel say it."""

from pathlib import Path
from typing import Any

from agent_core.events import RunQueued, RunStarted
from agent_core.sandbox import SandboxFootprint
from tests.ui.seeing.support import happen, watched
from tests.ui.support import kept_chats, person
from ui.chats import Chats
from ui.seeing import state
from ui.seeing.health import Health
from ui.seeing.state import StateReader


def reader_of(chats: Chats, folder: Path) -> StateReader:
    store: Any = chats._store
    return StateReader(chats, store, folder, chats.seeing.runs, Health(store.check, lambda: False), lambda: 0.25)


async def test_chats_runs_and_the_machine(tmp_path):
    async with kept_chats(tmp_path / "data") as chats:
        chat = await chats.open(person("somebody"), "?")
        await chat.session.agent.sandbox.run("x = 1")
        happen(watched(chats.seeing), RunStarted("?"))
        happen(watched(chats.seeing), RunQueued("?", 1))
        now = await reader_of(chats, tmp_path).read()
    assert (now.chats, now.awake, len(now.running), len(now.queued)) == (1, 1, 1, 1)
    assert now.sandbox.processes >= 2 and now.sandbox.memory > 10_000_000 and now.app_memory > 10_000_000
    assert 0 < now.descriptors[0] < now.descriptors[1]
    assert 0 < now.memory[0] < now.memory[1] and 0 < now.disk[0] < now.disk[1]
    assert (now.lag, now.store_works, now.store_failures) == (0.25, True, 0)


async def test_the_processes_are_not_measured_again_and_again(tmp_path, monkeypatch):
    measured: list[int] = []

    def measure() -> SandboxFootprint:
        measured.append(1)
        return SandboxFootprint(len(measured), 0)

    monkeypatch.setattr(state, "sandbox_footprint", measure)
    monkeypatch.setattr(state, "_PAUSE", 10**9)
    async with kept_chats(tmp_path / "data") as chats:
        reader = reader_of(chats, tmp_path)
        assert [(await reader.read()).sandbox.processes for _ in range(3)] == [1, 1, 1]
