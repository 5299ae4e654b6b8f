"""Answers that have to hold: a check refuses one with a reason, and the model tries again."""

import asyncio

from agent_core import CodeAgent, Display, HubModel, Memory, Model, RunResult


def is_a_number(answer: Display) -> bool | str:
    """Refuse what is no whole number; what is returned is what the model reads."""
    return isinstance(answer.value, int) or "Give the number itself to final_answer, without words."


def was_computed(answer: Display, memory: Memory) -> bool | str:
    """Refuse an answer for which no code ran; a check may look into the memory."""
    return any(step.code for step in memory.turns[-1].steps) or "Compute it; do not say it from memory."


async def main(model: Model) -> RunResult:
    """Ask for a number."""
    async with CodeAgent(model, answer_checks=[is_a_number, was_computed]) as agent:
        result = await agent.run("What is the least common multiple of 21 and 35?")
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
