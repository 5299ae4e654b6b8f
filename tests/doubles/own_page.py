"""A program that opens the page around an agent of its own, as somebody would write it; for the tests to start."""

import sys
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from agent_core import Capabilities, CodeAgent, ModelChunk, tool
from agent_core.models.base import Message, text_of
from ui import launch


class Oracle:
    """A model that is only what a model must be: it asks the tool, then says what that said and how often it was asked.

    Args:
        name: Its name.
    """

    context_window: int | None = None
    capabilities = Capabilities()

    def __init__(self, name: str) -> None:
        self.name = name

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **_: Any,
    ) -> AsyncGenerator[ModelChunk, None]:
        told = text_of(messages[-1])
        if "will be fine" in told:
            asked = sum("weather" in text_of(message) for message in messages if message["role"] == "user")
            yield ModelChunk(text=f"{self.name}: fine, said {asked} times.", finish_reason="stop")
        else:
            yield ModelChunk(text="I look.\n```python\nprint(forecast('Oslo'))\n```", finish_reason="stop")


@tool
def forecast(city: str) -> str:
    """Tell the weather of tomorrow.

    Args:
        city: Where.
    """
    return f"{city} will be fine."


if __name__ == "__main__":
    agent = CodeAgent(Oracle("north/delphi"), tools=[forecast], instructions="Be brief.")
    launch(
        agent if "--agent" in sys.argv else lambda settings: agent,
        title="Weather & more",
        description="Ask about the **weather**.",
        examples=["What is the weather in Oslo?", "And is the weather nice in Bergen?"],
        models=[] if "--one" in sys.argv else [Oracle("south/dodona")],
        settings=["instructions"] if "--agent" not in sys.argv else [],
    )
    print("Closed.")
