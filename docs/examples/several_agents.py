"""One agent gives tasks to another, which has tools and a memory of its own, so that neither is crowded."""

import asyncio
from collections.abc import Sequence

from agent_core import CodeAgent, HubModel, Model, RunResult, Tool, ToolCallingAgent
from tools import visit_webpage, web_search


async def main(model: Model, web: Sequence[Tool] = (web_search, visit_webpage)) -> RunResult:
    """Ask something that has to be looked up and reckoned with."""
    async with (
        ToolCallingAgent(model, tools=web, max_steps=10) as researcher,
        CodeAgent(
            model, tools=[researcher.as_tool("research", "Finds facts on the web, each with its source.")]
        ) as manager,
    ):
        result = await manager.run("How long does a drive from Paris to Berlin take at 100 km/h on average?")
        print(result.answer, *result.sources, sep="\n")
        print(f"Both together: {result.usage}; the researcher alone: {researcher.usage}")
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
