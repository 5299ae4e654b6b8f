"""An agent and what it remembers are written into files, and another program goes on from them; the agent is drawn."""

import asyncio
import json
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_core import CodeAgent, HubModel, Model, RunResult, load_agent, memory_from_json, memory_to_json, tool


@tool
def to_kilometres(miles: float) -> float:
    """Convert miles to kilometres.

    Args:
        miles: how many
    """
    return miles * 1.609344


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


async def main(model: Model) -> RunResult:
    """Ask something, keep all in files, and go on in an agent that is made of them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with CodeAgent(model, tools=[to_kilometres], instructions="Answer in one sentence.") as agent:
            print(agent.draw())
            await agent.run("How many kilometres is a marathon of 26.2 miles?")
            with warnings.catch_warnings(action="ignore"):  # which say what cannot be kept: here, a model of the tests
                agent.save(folder / "agent")
            (folder / "memory.json").write_text(json.dumps(memory_to_json(agent.memory)), encoding="utf-8")
        print(*files_in(folder), sep="\n")

        async with load_agent(folder / "agent", model=model) as again:  # its tool runs in the sandbox now
            again.chat.go_on_with(memory_from_json(json.loads((folder / "memory.json").read_text(encoding="utf-8"))))
            result = await again.run("And half of that?")
            print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
