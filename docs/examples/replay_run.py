"""What happens, on the screen: while it happens, and again afterwards; in a notebook's cell as in the terminal."""

import asyncio

from agent_core import CodeAgent, HubModel, Model, RunResult, replay, show


async def main(model: Model) -> RunResult:
    """Show a run, and show it again. `python -m agent_core "…"` does the first without a program."""
    async with CodeAgent(model) as agent:
        result = await show(agent.stream("Is 2**61 - 1 a prime number?"))
        replay(agent.memory, detail="verbose")  # also of a `session.log`, or of events that were kept as JSON
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
