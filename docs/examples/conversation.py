"""A chat: variables and files stay from question to question, runs are stopped and continued, and time goes back."""

import asyncio
from contextlib import aclosing

from agent_core import CodeAgent, HubModel, Model, RunResult, events


async def main(model: Model) -> list[RunResult]:
    """Ask three times; the second question is forgotten again, with all that it changed."""
    async with CodeAgent(model, max_steps=2) as agent:
        first = await agent.run("Collect the squares of 1 to 5 in a list.")
        if agent.can_resume:  # it ended at its two steps
            first = await agent.resume(more_steps=4)
        step = agent.memory.last_step

        async with aclosing(agent.stream("Now remove all even ones.")) as happening:  # leaving the block stops the run
            async for event in happening:
                if isinstance(event, events.CodeReady):
                    print("runs:", event.code)
        await agent.rewind(step)

        again = await agent.run("How many numbers are in the list?")
    print(first.answer, again.answer, sep="\n")
    return [first, again]


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
