"""The page around an agent of one's own: its tools, its words, examples to begin with."""

import asyncio

from agent_core import CodeAgent, HubModel, Model, tool
from ui import launch


@tool
def tides(harbour: str) -> list[str]:
    """Tell the times of today's high tides at a harbour."""
    return ["02:10", "14:35"] if harbour == "Saint-Malo" else []


async def main(model: Model, port: int = 7860) -> None:
    """Open it until the program ends. Each visitor gets a copy of the agent, with a chat of their own."""
    page = launch(
        CodeAgent(model, tools=[tides], instructions="You know the sea. Answer briefly."),
        title="Tides",
        description="Asks the harbour master.",
        examples=["When is high tide in Saint-Malo?"],
        port=port,
        block=False,  # without it, and outside of an event loop, `launch` waits for Ctrl+C by itself
    )
    print(page.url)
    try:
        await asyncio.Event().wait()
    finally:
        page.close()


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
