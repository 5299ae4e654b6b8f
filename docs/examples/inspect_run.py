"""Looking into runs: as OpenTelemetry spans, which Phoenix, Langfuse, MLflow and others show, and in the memory."""

import asyncio
from contextlib import aclosing

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import set_tracer_provider

from agent_core import CodeAgent, HubModel, Model
from agent_core.tracing import traced


async def main(model: Model, exporter: SpanExporter | None = None) -> CodeAgent:
    """Ask, export the spans, and print what the memory holds; OTLPSpanExporter(endpoint=…) sends them to a service."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter or ConsoleSpanExporter()))
    set_tracer_provider(provider)

    async with CodeAgent(model) as agent:
        async with aclosing(traced(agent, agent.stream("What is the 20th Fibonacci number?"))) as happening:
            async for _ in happening:
                pass
        for step in agent.memory.steps:
            print(f"step {step.number}: {step.code or step.said}\n  → {step.observation}")
        print(agent.usage)
    return agent


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
