"""Files in and out: the model is told what is in a table, and what its code writes can be taken away."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_core import CodeAgent, HubModel, Model

SALES = "month,shop,euros\nJanuary,Lyon,1200\nJanuary,Ghent,900\nFebruary,Lyon,1500\nFebruary,Ghent,1100\n"


def sales_table(folder: Path) -> Path:
    """Write the table, and return its path."""
    path = folder / "sales.csv"
    path.write_text(SALES)
    return path


async def main(model: Model) -> str:
    """Ask about a table, and return the table that the agent made of it, as CSV."""
    with TemporaryDirectory() as folder:
        async with CodeAgent(model) as agent:
            question = "Add up the euros of each shop, and save them as total.csv."
            result = await agent.run(question, files=[sales_table(Path(folder))])
            print(result.answer, *(await agent.sandbox.list_files()), sep="\n")
            with await agent.open_file("total.csv") as total:
                return total.read().decode()


if __name__ == "__main__":
    print(asyncio.run(main(HubModel())))
