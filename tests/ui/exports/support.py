"""Chats to export: one that the demo really has, and one with everything that a hostile model or page may bring."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from agent_core import CodeAgent
from agent_core.events import (
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    OutputDelta,
    PlanReady,
    QuestionAnswered,
    QuestionAsked,
    ReasoningDelta,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.usage import Usage
from demo import demo_model
from demo.recorded_tools import recorded_tools

DEMO = (
    "What is the cube root of 27?",
    "How does $100 a month grow over 30 years at 5% interest? Draw it.",
    "If I had bought Bitcoin with $11,000 at its close on 1 January 2015, when would it have become $1 million?",
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    "</section></main></pre><style>main { display: none }</style><iframe srcdoc='<script>1</script>'></iframe>"
    "<svg onload=\"document.title = 'taken'\"></svg><a href=\"javascript:document.title='taken'\">press</a>"
    "![pixel](https://tracker.example/pixel.png) {{script}} ${title} &lt;b&gt; \ud800 \u202e"
)


@cache
def demo_chat(questions: Sequence[str] = DEMO) -> list[Event]:
    """The events of a chat in which the demo answers, with code that really runs."""
    with ThreadPoolExecutor(1) as thread:  # beside Playwright's event loop
        return thread.submit(asyncio.run, _ask(questions)).result()


async def _ask(questions: Sequence[str]) -> list[Event]:
    async with CodeAgent(demo_model(delay=0), tools=recorded_tools()) as agent:
        return [event for question in questions async for event in agent.stream(question)]


def hostile_chat() -> list[Event]:
    """The events of a chat in which every text is an attack."""
    table = f"<table onclick='document.title=1'><tr><td style='color: red; position: fixed'>{HOSTILE}</td></tr></table>"
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{HOSTILE}</svg>"
    displays = (
        Display({"text/plain": HOSTILE, "text/html": table}),
        Display({"text/plain": HOSTILE, "image/png": PIXEL}),
        Display({"text/plain": HOSTILE, "image/svg+xml": drawing}),
        Display({"text/plain": HOSTILE, "text/html": HOSTILE}),
        Display({"text/plain": HOSTILE, "application/vnd.plotly.v1+json": "{", "text/html": HOSTILE}),
        Display({"text/plain": HOSTILE, "text/markdown": HOSTILE}),
        Display({"text/plain": HOSTILE, "text/latex": HOSTILE}),
        Display({"text/plain": HOSTILE}),
    )
    answer = Display({"text/plain": HOSTILE, "text/markdown": f"# {HOSTILE}\n\n```html\n{HOSTILE}\n```\n"})
    failed = ExecutionError("exception", HOSTILE, HOSTILE, HOSTILE)
    execution = Execution(HOSTILE, HOSTILE, displays, answer, failed, files=(FileNote.of("<b>.csv", 3),))
    return [
        RunStarted(HOSTILE, (FileNote.of("<script>.csv", 3),)),
        PlanReady(HOSTILE, 0.1, Usage()),
        *(StepStarted(1), ReasoningDelta(HOSTILE), ThoughtDelta(HOSTILE), CodeReady(f"# {HOSTILE}\n'''{HOSTILE}'''")),
        *(ToolStarted("1", HOSTILE, {"x": HOSTILE}), ToolFinished("1", HOSTILE, 0.1, HOSTILE)),
        *(QuestionAsked("q", HOSTILE, (HOSTILE,)), QuestionAnswered("q", HOSTILE), OutputDelta(HOSTILE)),
        *map(Displayed, displays),
        StepFinished(1, 0.2, Usage(), execution),
        FinalAnswer(answer),
        RunFinished("answer", HOSTILE, 1, 0.3),
    ]
