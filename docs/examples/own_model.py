"""A model of one's own: a class that yields pieces of a reply. Here it is one that asks another, and counts."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from agent_core import Capabilities, CodeAgent, HubModel, Message, Model, ModelChunk


class CountingModel:
    """Passes requests on to a model and remembers how long they were."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.lengths: list[int] = []

    @property
    def name(self) -> str:
        return f"{self._model.name}, counted"

    @property
    def context_window(self) -> int | None:
        return self._model.context_window

    @property
    def capabilities(self) -> Capabilities:
        return self._model.capabilities

    async def stream(self, messages: Sequence[Message], **options: Any) -> AsyncGenerator[ModelChunk, None]:
        """Stream the other model's reply. A client of one's own would yield `ModelChunk(text=…)` here."""
        self.lengths.append(sum(len(str(message["content"])) for message in messages))
        async with aclosing(self._model.stream(messages, **options)) as chunks:
            async for chunk in chunks:
                yield chunk


async def main(model: Model) -> list[int]:
    """Ask two questions in one chat, and return how many characters each request had."""
    counting = CountingModel(model)
    async with CodeAgent(counting) as agent:
        await agent.run("Name a prime number above 1000.")
        print((await agent.run("And the next one?")).answer)
    print(f"{counting.lengths} characters")
    return counting.lengths


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
