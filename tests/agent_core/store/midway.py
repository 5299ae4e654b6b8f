"""A program that is killed by its own hand in the middle of something: python -m …midway FOLDER ADDRESS WHAT.

It keeps a chat of two questions, each with a step, and then goes back to the first one, or deletes the chat.
"""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from agent_core import Session, Store
from tests.agent_core.store.one_chat import OWNER, agent_of
from tests.agent_core.store.support import answer


async def main(folder: Path, address: str, what: str) -> None:
    store = await Store.open(folder)
    session = await Session.create(store, agent_of(address), OWNER, title="Which?")
    for question in ("First?", "Second?"):
        await answer(session, question)
    if what == "going back":
        write = store.write

        async def killing(chat_id: str, changes: Any) -> None:
            if changes.leaf == 1:  # the files are back, and the record is not
                _kill()
            await write(chat_id, changes)

        store.write = killing
        await session.go_back(1)
    else:
        await session.close()
        await store.delete(session.chat_id, OWNER)
        shutil.rmtree = _remove_and_die
        await store.purge(0)


def _remove_and_die(folder: Path, **_: object) -> None:
    for path in sorted(folder.rglob("*"), reverse=True)[:2]:
        path.rmdir() if path.is_dir() else path.unlink()
    _kill()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
