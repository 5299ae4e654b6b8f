"""Many questions at once, each in a chat of its own; one that fails leaves the others alone."""

import asyncio

from agent_core import CodeAgent, HubModel, Model, RunResult, run_batch

QUESTIONS = [f"How many prime numbers lie between {start} and {start + 100}?" for start in (0, 1_000, 10_000, 100_000)]


async def main(model: Model, questions: list[str] = QUESTIONS) -> list[RunResult]:
    """Ask them, two at a time."""
    results = await run_batch(lambda: CodeAgent(model, max_steps=4), questions, at_once=2)
    for question, result in zip(questions, results, strict=True):
        print(question, result.answer if result.answer else f"({result.message})")
    tokens = sum(result.usage.total_tokens for result in results)
    print(f"{tokens} tokens together, the slowest in {max(result.seconds for result in results):.1f} s")
    return results


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
