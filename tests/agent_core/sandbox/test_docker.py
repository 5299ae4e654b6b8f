"""Sandboxes in containers of a real Docker daemon, if there is one with an image "glassbox" (docs/deploy.md)."""

import json
import shutil
import subprocess
import time

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.remote.docker import IMAGE, DockerEngine
from agent_core.sandbox.remote.engine import Needs
from tests.agent_core.sandbox.support import failure, killed_app, value

pytestmark = pytest.mark.here


def docker(*arguments: str) -> str:
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=60, check=False
    ).stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def daemon() -> None:
    if not shutil.which("docker") or not docker("image", "inspect", "--format", "{{.Id}}", IMAGE):
        pytest.skip("there is no Docker daemon with an image glassbox here")


def containers() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", "label=glassbox").split()


async def test_a_chat_has_a_container_which_ends_with_it():
    before = set(containers())
    async with Sandbox(engine=DockerEngine(), policy=Policy(imports=["*"])) as box:
        first = await box.run("x = [1]\nopen('a', 'w').write('one')")
        assert (box.workspace / "a").read_text() == "one"
        await value(box, "x.append(2)\nopen('a', 'w').write('two')")
        assert "ended unexpectedly" in (await failure(box, "x = 0\nimport os; os._exit(1)")).message
        assert await value(box, "x, open('a').read()") == "([1, 2], 'two')"
        assert (await box.rewind(first.checkpoint), box.aftermath) == ((), "")
        assert await value(box, "x, open('a').read()") == "([1], 'one')"
        assert {"system-call filter (seccomp)", "no capabilities"} < set(box.confinement)
        (name,) = set(containers()) - before
        (about,) = json.loads(docker("inspect", name))
        host = about["HostConfig"]
        assert (host["ReadonlyRootfs"], host["NetworkMode"], host["CapDrop"]) == (True, "none", ["ALL"])
    assert set(containers()) <= before


def test_no_container_outlives_a_killed_app():
    before = set(containers())
    with killed_app("agent_core.sandbox.remote.docker.DockerEngine"):
        assert set(containers()) - before
    deadline = time.monotonic() + 20
    while set(containers()) - before:
        assert time.monotonic() < deadline, "the container is still there"
        time.sleep(0.2)


async def test_an_image_that_is_not_there_is_named():
    with pytest.raises(SandboxError, match="no image 'glassbox-nowhere:none'"):
        await DockerEngine("glassbox-nowhere:none").connect(Needs(Limits(), network=False))
