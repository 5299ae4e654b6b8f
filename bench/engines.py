"""What runs a model's code, here and elsewhere, each driven in the same way: enter it, then await it with code."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pydantic_monty import Monty
from smolagents import LocalPythonExecutor

from agent_core import Sandbox
from agent_core.execution import Execution

Run = Callable[[str], Awaitable[object]]
Engine = Callable[[], AbstractAsyncContextManager[Run]]

# As a worker of Glassbox does: it makes way for the app where the machine is busy.
_INTERPRETER = """
import json, os, sys
os.nice(5)
namespace = {}
for line in sys.stdin:
    exec(json.loads(line), namespace)
    print(flush=True)
"""


async def run(box: Sandbox, code: str) -> Execution:
    """Run code in which nothing may go wrong."""
    execution = await box.run(code)
    if execution.error:
        raise RuntimeError(execution.error.message)
    return execution


@asynccontextmanager
async def glassbox() -> AsyncIterator[Run]:
    """A chat of its own, in a worker from the warm zygote."""
    async with Sandbox() as box:
        await box.start()
        yield lambda code: run(box, code)


@asynccontextmanager
async def cpython() -> AsyncIterator[Run]:
    """A fresh process of this interpreter at the end of two pipes, with nothing that holds it."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-I", "-c", _INTERPRETER], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    requests, answers = process.stdin, process.stdout

    async def step(code: str) -> None:
        requests.write(json.dumps(code).encode() + b"\n")
        if not await answers.readline():
            raise RuntimeError("The interpreter ended.")

    try:
        await step("")
        yield step
    finally:
        requests.close()
        await process.wait()


@asynccontextmanager
async def smolagents() -> AsyncIterator[Run]:
    """An executor in this process."""
    executor = LocalPythonExecutor([])
    executor.send_tools({})

    async def step(code: str) -> object:
        return executor(code)

    yield step


@asynccontextmanager
async def monty() -> AsyncIterator[Run]:
    """A session on a fresh process. Its blocking functions, as they are quicker than those for asyncio."""
    with Monty() as pool, pool.checkout() as session:

        async def step(code: str) -> object:
            return session.feed_run(code)

        yield step


ENGINES: dict[str, Engine] = {
    "Glassbox": glassbox,
    "CPython": cpython,
    "smolagents": smolagents,
    "pydantic-monty": monty,
}
