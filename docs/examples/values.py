"""Objects of the program as variables of the code, and an object back: tables, pictures, numbers, what has fields."""

import asyncio
from dataclasses import dataclass

import pandas

from agent_core import CodeAgent, HubModel, Model


@dataclass
class Shop:
    """A shop, and what it pays each month."""

    name: str
    rent: float


SALES = pandas.DataFrame({"shop": ["Lyon", "Ghent", "Lyon", "Ghent"], "euros": [1200, 900, 1500, 1100]})
SHOPS = [Shop("Lyon", 800), Shop("Ghent", 450)]


async def main(model: Model) -> pandas.DataFrame:
    """Ask about a table and a list; the model is told what they are, not all that is in them."""
    async with CodeAgent(model) as agent:
        result = await agent.run(
            "What is left to each shop of its sales after the rent? Answer with a table.",
            values={"sales": SALES, "shops": SHOPS},
        )
    assert result.answer is not None, result.message
    print(result.answer)
    return result.answer.value


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
