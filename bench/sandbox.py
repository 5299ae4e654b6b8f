"""How quick and how large the sandbox is, beside what others run a model's code in. One table, in Markdown.

python -m bench.sandbox     this alone, in a minute or so
"""

import asyncio

from bench import chat, chats
from bench.engines import ENGINES, glassbox
from bench.table import Row, to_markdown


def report() -> str:
    """The table. Medians; each measure of all engines in turns."""
    return to_markdown(asyncio.run(_rows()), list(ENGINES))


async def _rows() -> list[Row]:
    async with glassbox() as run:  # starts the zygote, which the first chat waits for
        await run("import pandas")
    return [row for measure in (*chat.MEASURES, *chats.MEASURES) for row in await measure()]


if __name__ == "__main__":
    print(report())
