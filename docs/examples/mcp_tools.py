"""Tools of MCP servers: a program of this machine, or an address. What they return is data, with its types."""

import asyncio
import sys

from agent_core import CodeAgent, HubModel, McpServer, Model, RunResult


async def main(model: Model) -> RunResult:
    """Ask something that the tools of two servers could answer; here both are one program."""
    program = McpServer.of_command(sys.executable, ["-m", "docs.examples.mcp_server"])
    # other = McpServer("https://example.org/mcp", headers={"Authorization": f"Bearer {key}"})
    async with program, CodeAgent(model, tools=[program]) as agent:
        result = await agent.run("How many feet high is today's high tide in Saint-Malo?")
        print(*(tool.stub() for tool in agent.tools), sep="\n")  # what the model was told of them
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
