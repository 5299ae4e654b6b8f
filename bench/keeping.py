"""What it costs to keep chats: a step's writing, opening a chat again, and the list of a thousand chats."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from agent_core import CodeAgent, Session, Store
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.store.rows import Changes, TurnRow
from bench.table import milliseconds, seconds_for
from ui.view.transcript import Transcript

_REPLY = (
    "I go one further.\n```python\nn = {n}\nprint('step', n, 'of many; ' * 20)\nopen('log.txt', 'a').write(str(n))\n```"
)
_LENGTHS = (10, 100, 500)  # steps of a chat
_CHATS, _TURNS = 1_000, 10


class _Stepper:
    """Makes so many steps, in pieces of a few characters, and then answers."""

    name = "script"
    context_window: int | None = None
    capabilities = Capabilities()

    def __init__(self, steps: int) -> None:
        self._left = steps

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Any = None,
        **_: Any,
    ) -> AsyncGenerator[ModelChunk, None]:
        reply = _REPLY.format(n=self._left) if self._left else "Done."
        self._left -= 1
        for start in range(0, len(reply), 6):
            yield ModelChunk(text=reply[start : start + 6])


def report() -> list[tuple[str, str]]:
    """The rows of the table."""
    return asyncio.run(_rows())


async def _rows() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="glassbox-bench-") as folder:
        store = await Store.open(Path(folder))
        rows = []
        for steps in _LENGTHS:
            rows += await _one_chat(store, Path(folder), steps)
        rows += await _many_chats(store)
        await store.close()
    return rows


async def _one_chat(store: Store, folder: Path, steps: int) -> list[tuple[str, str]]:
    writes: list[float] = []
    write = store.write

    async def timed(chat_id: str, changes: Changes) -> None:
        writes.append(await seconds_for(write(chat_id, changes)))

    store.write = timed
    agent = CodeAgent(_Stepper(steps), max_steps=steps + 1, token_budget=10**9)
    session = await Session.create(store, agent, "bench")
    before = _database_bytes(folder)
    session.start("How far?")
    async for _ in session.follow(pause=0.05):
        pass
    await session.close()
    store.write = write
    kept = _database_bytes(folder) - before
    opened = [await seconds_for(_open(store, session.chat_id)) for _ in range(5)]
    return [
        (
            f"a chat of {steps} steps: writing, per step",
            f"{milliseconds(sum(writes) / steps)}, {kept // steps:,} bytes",
        ),
        (f"a chat of {steps} steps: opening", milliseconds(median(opened))),
    ]


async def _open(store: Store, chat_id: str) -> None:
    session = await Session.load(store, chat_id, CodeAgent(_Stepper(0)))
    Transcript(session.log)
    await session.close()


def _database_bytes(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "chats.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # into the file
    return (folder / "chats.db").stat().st_size


async def _many_chats(store: Store) -> list[tuple[str, str]]:
    words = "How many people live in {city}, and since when? " * 20
    for number in range(_CHATS):
        chat_id = await store.create_chat("many", f"Chat {number}")
        turns = [
            TurnRow(turn, turn - 1, {"question": "?"}, words.format(city=f"city{number}")) for turn in range(1, _TURNS)
        ]
        await store.write(chat_id, Changes(turns=turns, leaf=_TURNS - 1, used=time.time()))
    listing = [await seconds_for(store.list_chats("many")) for _ in range(5)]
    searching = [await seconds_for(store.list_chats("many", search="CITY777 people")) for _ in range(5)]
    return [
        (f"the list of {_CHATS:,} chats", milliseconds(median(listing))),
        (f"a search in {_CHATS:,} chats of {_TURNS} turns", milliseconds(median(searching))),
    ]
