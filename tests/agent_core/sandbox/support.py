"""What several of these tests need."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import pytest

from agent_core.execution import Execution, ExecutionError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints
from agent_core.sandbox.local_box import LocalBox
from agent_core.sandbox.remote.docker import DockerEngine
from agent_core.sandbox.remote.engine import Engine
from tests.agent_core.sandbox.far_ends import ThriftyEngine, hugging_face_engine, ray_engine
from tests.support import ROOT

ENGINES: dict[str, Callable[[], Engine]] = {
    "child": ThriftyEngine,
    "docker": DockerEngine,
    "hf": hugging_face_engine,
    "ray": ray_engine,
}
"""The places that the tests of this folder can be run at, by the option --engine."""


async def collect(box: Sandbox, code: str) -> list[Any]:
    """All that a step streams, once the sandbox runs."""
    await box.start()
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


@contextmanager
def killed_app(engine: str, **environment: str) -> Iterator[int]:
    """An app in whose sandbox elsewhere endless code runs: its process id. It is killed at the end of the block.

    engine: the module and the name of its class.
    """
    module, _, name = engine.rpartition(".")
    code = f"""if True:
    import asyncio
    from {module} import {name}
    from agent_core.sandbox import Sandbox
    async def main():
        box = Sandbox(engine={name}())
        await box.run("x = 1")
        print("ready", flush=True)
        await box.run("while True: pass")
    asyncio.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE
    ) as app:
        assert app.stdout
        try:
            assert app.stdout.readline() == b"ready\n"
            yield app.pid
        finally:
            app.kill()


def checkpoints_of(box: Sandbox) -> Checkpoints:
    """The inside of a sandbox of this machine; a test that looks there is not for others."""
    if not isinstance(box._box, LocalBox):
        pytest.skip("looks into what only a sandbox of this machine has")
    return box._box._checkpoints
