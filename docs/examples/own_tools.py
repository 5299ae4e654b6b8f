"""What can be a tool: functions, methods, objects that are called, tools of other libraries; and what a tool can do."""

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from agent_core import CodeAgent, HubModel, Model, RunResult, ToolError, context, tool

STOCK = {"apples": 12, "pears": 3, "plums": 0}


def in_stock(fruit: Annotated[str, Field(description="its name, in the plural")]) -> int:
    """Tell how many pieces of a fruit are there."""
    if fruit not in STOCK:
        raise ToolError(f"There is no {fruit!r} here, only {', '.join(STOCK)}.")  # the model reads it, and tries again
    return STOCK[fruit]


class Basket:
    """A basket of the program's, whose methods are tools."""

    def __init__(self) -> None:
        self.contents: dict[str, int] = {}

    def put(self, fruit: str, pieces: Annotated[int, Field(ge=1, le=10)] = 1) -> dict[str, int]:
        """Put pieces of a fruit into the basket, and return all that is in it."""
        self.contents[fruit] = self.contents.get(fruit, 0) + pieces
        return self.contents


@tool(timeout=10, retries=2)
async def price(fruit: str, currency: Literal["euros", "pounds"] = "euros") -> float:
    """Tell what a piece of a fruit costs today; what it asked for once, it remembers for the rest of the chat."""
    known = context.state()
    if fruit not in known:
        await asyncio.sleep(0.01)  # here it would ask the market
        known[fruit] = {"apples": 0.4, "pears": 0.6, "plums": 0.2}[fruit]
    return known[fruit] * (0.85 if currency == "pounds" else 1)


@tool(return_direct=True)
def receipt(lines: list[str], total: float) -> str:
    """Print the receipt, which ends the task: it is the answer."""
    return "\n".join([*lines, f"{'total':<10}{total:>8.2f}"])


async def main(model: Model) -> RunResult:
    """Have the agent go shopping. Tools of smolagents, LangChain and MCP servers stand in the same list."""
    basket = Basket()
    async with CodeAgent(model, tools=[in_stock, basket.put, price, receipt]) as agent:
        result = await agent.run("Buy 4 apples and as many plums as there are, and give me the receipt in pounds.")
    print(result.answer)
    print(f"In the basket: {basket.contents}")
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
