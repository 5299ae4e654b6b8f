"""Memory between steps: a function that is called after each one forgets what is old, and says what has to be known."""

import asyncio

from agent_core import Agent, CodeAgent, HubModel, Model, RunResult, Step


def forget(step: Step, agent: Agent) -> None:
    """Send pictures and long outputs of the step before this one no more; what it did stays."""
    for earlier in agent.memory.steps[:-1]:
        earlier.images = []
        if len(earlier.observation) > 200:
            earlier.observation = f"{earlier.observation[:200]} … (the rest was dropped)"


def count_down(step: Step, agent: Agent) -> None:
    """Tell the model how many steps are left."""
    left = agent.max_steps - step.number
    agent.memory.add_note(f"{left} steps are left." if left > 1 else "This is the last step: answer.")


async def main(model: Model) -> RunResult:
    """Ask for something that prints much; then look at what each step took."""
    async with CodeAgent(model, max_steps=5, step_callbacks=[forget, count_down]) as agent:
        result = await agent.run("List the first 300 triangular numbers, and tell how many of them end with a 6.")
    for step in result.steps:
        print(f"step {step.number}: {step.seconds:.1f} s, {step.usage.total_tokens} tokens. {step.error or step.said}")
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
