"""Models of the Hub, of other providers, of a server of one's own, with settings; and one that answers for another."""

import asyncio
import os

from agent_core import CodeAgent, HubModel, LiteLLMModel, Model, OpenAIModel, RetryPolicy, RunResult


def models() -> list[Model]:
    """Return a model for each key and server that the environment names."""
    found: list[Model] = [HubModel()]  # or HubModel("owner/name:together", temperature=0.2)
    if "ANTHROPIC_API_KEY" in os.environ:
        found.append(LiteLLMModel("anthropic/claude-sonnet-4-5"))
    if "OPENROUTER_API_KEY" in os.environ:
        address = "https://openrouter.ai/api/v1"
        found.append(OpenAIModel("openai/gpt-4.1-mini", base_url=address, api_key=os.environ["OPENROUTER_API_KEY"]))
    if "LOCAL_SERVER" in os.environ:  # llama.cpp, vLLM, Ollama, LM Studio: "http://127.0.0.1:8080/v1"
        found.append(OpenAIModel("any", base_url=os.environ["LOCAL_SERVER"], seed=7, max_tokens=2_000))
    return found


async def main(first: Model, *others: Model) -> RunResult:
    """Ask the first; while it stays down, the next one answers."""
    retry = RetryPolicy(attempts=2)
    async with CodeAgent(first, fallbacks=others, retry=retry) as agent:
        result = await agent.run("Which weekday was 29 February 2000?")
    print(result.answer, result.usage)
    return result


if __name__ == "__main__":
    asyncio.run(main(*models()))
