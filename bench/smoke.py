"""Asks a real model the three questions Glassbox began with, and prints what happens, step by step.

python -m bench.smoke openai/gpt-4.1-mini     any LiteLLM name; its key in the environment
python -m bench.smoke hub[:owner/name]        the Hugging Face token in HF_TOKEN or the stored login
python -m bench.smoke demo                    the written replies; shows what the print-out looks like
"""

import asyncio
import sys
from contextlib import aclosing

from agent_core import CodeAgent, HubModel, LiteLLMModel, Tool
from agent_core.errors import ModelError
from agent_core.events import (
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    RunFinished,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
)
from agent_core.models.base import Model
from agent_core.text import truncate_middle
from demo import demo_model
from demo.recorded_tools import recorded_tools
from tools import visit_webpage, web_search


def choose(name: str) -> tuple[Model, list[Tool]]:
    """The model of this name, and the tools that go with it."""
    if name == "demo":
        return demo_model(delay=0), recorded_tools()
    if name == "hub" or name.startswith("hub:"):
        model = HubModel(name.partition(":")[2]) if ":" in name else HubModel()
        return model, [web_search, visit_webpage]
    return LiteLLMModel(name), [web_search, visit_webpage]


def show(event: Event) -> None:
    match event:
        case StepStarted(step):
            print(f"\n── step {step}")
        case ThoughtDelta(text):
            print(text, end="", flush=True)
        case CodeReady(code):
            print(f"\n{_indented(code)}")
        case ToolStarted():
            print(f"   tool {event.tool} {event.arguments}")
        case ToolFinished(error=str(error)):
            print(f"   tool failed: {error}")
        case Displayed(display):
            print(f"   shown: {', '.join(display.data)}")
        case StepFinished():
            _show_outcome(event)
        case FinalAnswer(answer):
            print(f"\n══ answer\n{answer}")
        case RunFinished():
            print(f"\n══ {event.reason}: {event.message or 'done'}")
            tokens = f"{event.usage.input_tokens:,} tokens in, {event.usage.output_tokens:,} out"
            print(f"   {event.steps} steps, {event.usage.requests} requests, {tokens}, {event.seconds:.1f} s")


def _show_outcome(event: StepFinished) -> None:
    if event.execution:
        error = event.execution.error.message if event.execution.error else ""
        for label, text in [("out", event.execution.stdout), ("val", event.execution.value or ""), ("err", error)]:
            if text.strip():
                print(_indented(truncate_middle(text.strip(), 1_500), f"   {label} | "))
    print(f"   {event.seconds:.1f} s, {event.usage.total_tokens:,} tokens")


def _indented(text: str, prefix: str = "   > ") -> str:
    return "\n".join(prefix + line for line in text.splitlines())


async def main(name: str) -> int:
    """Returns the process's exit code: 0 if every question was answered."""
    model, tools = choose(name)
    reasons = []
    for question in demo_model().questions[:3]:
        print(f"\n{'═' * 100}\n{question}")
        async with CodeAgent(model, tools=tools) as agent, aclosing(agent.stream(question)) as events:
            async for event in events:
                show(event)
                if isinstance(event, RunFinished):
                    reasons.append(event.reason)
    return 0 if reasons == ["answer"] * 3 else 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit(f"Name a model, for example: make smoke MODEL=openai/gpt-4.1-mini\n\n{__doc__}")
    try:
        sys.exit(asyncio.run(main(sys.argv[1])))
    except ModelError as error:
        sys.exit(str(error))
