"""A program of its own that keeps one chat, to be killed: python -m …one_chat FOLDER ADDRESS DATABASE.

It tells each kind of event as it comes.
"""

import asyncio
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from agent_core import CodeAgent, HubModel, Policy, Session, Store

OWNER, QUESTION = "ada", "What is the number?"


def agent_of(address: str) -> CodeAgent:
    return CodeAgent(HubModel("test-model", token="hf_test", base_url=address), policy=Policy(imports=("time",)))


async def main(folder: Path, address: str, database: str) -> None:
    store = await Store.open(folder, database)
    session = await Session.create(store, agent_of(address), OWNER, title=QUESTION)
    session.agent.policy = replace(session.agent.policy, ask=session.ask)
    session.start(QUESTION)
    async with aclosing(session.follow()) as news:
        async for events in news:
            print(*(type(event).__name__ for event in events), flush=True)
    await asyncio.sleep(60)  # to be killed meanwhile


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
