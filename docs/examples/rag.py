"""Answers from one's own texts: a tool finds passages, and the model asks it as often as it needs."""

import asyncio
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

from agent_core import CodeAgent, HubModel, Model, RunResult, Tool, context

HANDBOOK = {
    "opening": "The workshop is open from Tuesday to Saturday. On Saturday the doors close at four.",
    "kiln": "The kiln is fired every second Thursday. Pieces have to be dry for seven days before that.",
    "glaze": "Glazes with lead are not allowed in the workshop. Food-safe glazes stand on the blue shelf.",
    "fees": "A day costs 18 euros. Firing costs 4 euros for each kilogram, and is paid when pieces are fetched.",
    "lost": "Pieces that nobody fetched after three months are given away at the winter market.",
}


@dataclass(frozen=True)
class HandbookPassage:
    """A passage of the handbook."""

    page: str
    text: str


class SearchHandbook(Tool):
    """Find the passages of the workshop's handbook that have most to do with a few words."""

    def __init__(self, pages: dict[str, str]) -> None:
        super().__init__()
        self._passages = [HandbookPassage(page, text) for page, text in pages.items()]
        self._words = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        self._index = self._words.fit_transform(pages.values())

    def run(self, words: str, most: int = 2) -> list[HandbookPassage]:
        """
        Args:
            words: What the passage is about, in words that may stand in it.
            most: How many passages to return.
        """
        nearness = linear_kernel(self._index, self._words.transform([words]))[:, 0]
        best = [self._passages[number] for number in nearness.argsort()[::-1][:most] if nearness[number] > 0]
        for passage in best:
            context.add_source(f"https://example.org/handbook/{passage.page}", passage.page)
        return best


async def main(model: Model) -> RunResult:
    """Ask the handbook; the answer refers to the pages that were read."""
    async with CodeAgent(model, tools=[SearchHandbook(HANDBOOK)], max_steps=6) as agent:
        result = await agent.run(
            "I made a bowl of 2 kg today, a Thursday. When can it be fired, and what does that cost?"
        )
    print(result.answer, *result.sources, sep="\n")
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
