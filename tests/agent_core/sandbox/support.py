"""What several of these tests need."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from agent_core.execution import Execution, ExecutionError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.checkpoints.checkpoints import Checkpoints
from agent_core.sandbox.local_box import LocalBox
from agent_core.sandbox.remote.docker import DockerEngine
from agent_core.sandbox.remote.engine import Engine
from tests.agent_core.sandbox.far_ends import ThriftyEngine, hugging_face_engine, ray_engine

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


def checkpoints_of(box: Sandbox) -> Checkpoints:
    """The inside of a sandbox of this machine; a test that looks there is not for others."""
    if not isinstance(box._box, LocalBox):
        pytest.skip("looks into what only a sandbox of this machine has")
    return box._box._checkpoints
