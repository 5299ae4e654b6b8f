"""A docker command that does not answer, as with a daemon that hangs."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox.remote import docker
from agent_core.sandbox.remote.docker import DockerEngine
from tests.agent_core.sandbox.remote.streams import NEEDS

pytestmark = pytest.mark.here


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "docker"
    command.write_text("#!/bin/sh\nexec sleep 300\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def commands() -> list[psutil.Process]:
    return [process for process in psutil.Process().children() if process.name() == "sleep"]


@pytest.mark.usefixtures("hanging")
async def test_a_daemon_that_hangs_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docker, "_ANSWER_SECONDS", 0.3)
    with pytest.raises(SandboxError, match="Docker does not answer"):
        await asyncio.wait_for(DockerEngine().connect(NEEDS), 30)
    assert commands() == []


@pytest.mark.usefixtures("hanging")
async def test_nothing_is_left_of_a_command_that_nobody_waits_for():
    connecting = asyncio.create_task(DockerEngine().connect(NEEDS))
    async with asyncio.timeout(30):
        while not commands():
            await asyncio.sleep(0.01)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert commands() == []
