"""What several of these tests need."""

from contextlib import aclosing
from typing import Any

from agent_core.execution import Execution, ExecutionError
from agent_core.sandbox import Sandbox


async def collect(box: Sandbox, code: str) -> list[Any]:
    """All that a step streams."""
    async with aclosing(box.stream(code)) as events:
        return [event async for event in events]


async def value(box: Sandbox, code: str) -> str | None:
    """The value of code that is expected to succeed."""
    done = await box.run(code)
    assert done.error is None, done.error
    return done.value


async def failure(box: Sandbox, code: str) -> ExecutionError:
    """The error of code that is expected to fail."""
    done: Execution = await box.run(code)
    assert done.error is not None, done
    return done.error
