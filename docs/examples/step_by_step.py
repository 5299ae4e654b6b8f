"""One step at a time: the run ends after each, for as long as a program likes, and goes on from there."""

import asyncio

from agent_core import Agent, CodeAgent, HubModel, Model, RunResult, Step


def pause(step: Step, agent: Agent) -> None:
    """End the run before its next step; it can be resumed."""
    agent.interrupt_after_step("It waits.")


async def main(model: Model) -> RunResult:
    """Ask, and let a step follow only when the one before it was looked at."""
    async with CodeAgent(model, step_callbacks=[pause]) as agent:
        result = await agent.run("How many days lie between 29 February 2000 and 1 January 2025?")
        while agent.can_resume:
            step = agent.memory.steps[-1]
            print(f"{step.said}\n{step.code}\n→ {step.observation}")
            result = await agent.resume()  # here could be days in between: docs/library.md, "Chats that go on and last"
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
