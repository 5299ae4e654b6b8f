"""What the prompt and the demo's questions cost: characters, requests, tokens, steps."""

import asyncio

from agent_core import CodeAgent
from demo import demo_model
from demo.recorded_tools import recorded_tools
from tools import visit_webpage, web_search


def report() -> list[tuple[str, str]]:
    """The rows of the table. Tokens are estimated at four characters each, as the demo has no tokenizer."""
    prompt = CodeAgent(demo_model(), tools=[web_search, visit_webpage]).full_system_prompt()
    return [("system prompt with the two web tools", f"{len(prompt):,} characters"), *asyncio.run(_questions())]


async def _questions() -> list[tuple[str, str]]:
    rows = []
    for question in ["Hello!", *demo_model().questions]:
        async with CodeAgent(demo_model(delay=0), tools=recorded_tools()) as agent:
            result = await agent.run(question)
        usage = result.usage
        tokens = f"~{usage.input_tokens:,} + {usage.output_tokens:,} tokens"
        rows.append((f"demo: {question[:60]}", f"{usage.requests} requests, {tokens}"))
    return rows
