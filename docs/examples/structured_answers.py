"""Answers of a type: what does not fit goes back to the model with the reason, and what fits arrives as an object."""

import asyncio

from pydantic import BaseModel, Field

from agent_core import CodeAgent, HubModel, Model


class Booking(BaseModel):
    """A table at a restaurant."""

    name: str
    guests: int = Field(ge=1, le=12)
    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="As in 2025-12-31.")


LETTER = """Good evening, we would like to come on the last Saturday of May 2025, my parents, my two children and I.
The children want to sit by the window. Many thanks, Ada Lind"""


async def main(model: Model) -> Booking:
    """Read a letter; `answer_type` may also be list[int], a TypedDict or a JSON Schema."""
    async with CodeAgent(model, answer_type=Booking) as agent:
        result = await agent.run(f"Which table does this letter ask for?\n\n{LETTER}")
    assert result.answer is not None, result.message
    print(result.answer.value)
    return result.answer.value


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
