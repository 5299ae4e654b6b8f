"""Many questions, each to an agent of its own, a few at a time."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from agent_core.agents.arguments import check_count, checked_question, listed
from agent_core.agents.result import RunResult
from agent_core.errors import GlassboxError
from agent_core.net.redaction import in_a_line
from agent_core.usage import Usage

logger = logging.getLogger(__name__)

_NO_MAKER = (
    "In a batch, each question has an agent of its own. "
    "Give a function that makes one, as in run_batch(lambda: CodeAgent(model), questions)."
)


class BatchAgent(Protocol):
    """What a batch needs of an agent; see Agent."""

    async def run(self, question: str) -> RunResult: ...

    async def close(self) -> None: ...


async def run_batch(
    make_agent: Callable[[], BatchAgent | Awaitable[BatchAgent]], questions: Iterable[str], at_once: int = 4
) -> list[RunResult]:
    """Ask many questions, each of a new agent, which is closed after its answer.

    Cancelling this stops all runs, and closes their agents.

    Args:
        make_agent: Makes an agent; may be async. Agents may share models and tools, but not a workspace.
        questions: The questions.
        at_once: How many runs may go on at the same time.

    Returns:
        The results, in the order of the questions. A run that fails, or whose agent cannot be made, has the reason
        "error" and says why in its `message`; the others go on.

    Raises:
        GlassboxError: A question is empty, `make_agent` is no function, or `at_once` is not a number of runs.
    """
    if not callable(make_agent):
        raise GlassboxError(_NO_MAKER)
    asked = [checked_question(question) for question in listed("questions", questions, "questions")]
    check_count("at_once", at_once, least=1)
    slots = asyncio.Semaphore(at_once)

    async def answer(question: str) -> RunResult:
        async with slots:
            return await _answer(make_agent, question)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(answer(question)) for question in asked]
    return [task.result() for task in tasks]


async def _answer(make_agent: Callable[[], BatchAgent | Awaitable[BatchAgent]], question: str) -> RunResult:
    try:
        agent = await _made(make_agent)
        try:
            return await agent.run(question)
        finally:
            await agent.close()
    except GlassboxError as error:
        return _failed(str(error))
    except Exception as error:
        logger.exception("A run of a batch failed")
        return _failed(f"The run failed unexpectedly: {in_a_line(error)}")


async def _made(make_agent: Callable[[], BatchAgent | Awaitable[BatchAgent]]) -> BatchAgent:
    made = make_agent()
    agent = await made if inspect.isawaitable(made) else made
    if not callable(getattr(agent, "run", None)):
        raise GlassboxError(f"What is to make an agent has made an object of {type(agent).__name__}.")
    return agent


def _failed(message: str) -> RunResult:
    return RunResult(answer=None, reason="error", steps=(), usage=Usage(), message=message)
