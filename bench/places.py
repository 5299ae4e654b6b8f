"""What code costs in each place where it can run: `python -m bench.places`. Medians, beside this machine's.

All places are on this machine: a container of its Docker daemon (if there is one with the image "glassbox"), a machine
of Hugging Face's stand-in, and a node of a Ray cluster. What a network adds comes on top.
"""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from shutil import which
from statistics import median

import pytest

from agent_core import tool
from agent_core.sandbox import Sandbox
from agent_core.sandbox.remote.docker import IMAGE, DockerEngine
from agent_core.sandbox.remote.engine import Engine
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from agent_core.sandbox.remote.ray_cluster import RayEngine
from bench.table import milliseconds, seconds_for
from tests.doubles.hf_sandbox_server import sandbox_server
from tests.doubles.ray_nodes import ray_nodes

_CHATS = 3
_STEPS = 10
_CALLS = 50
_MB = 2**20


@tool
def double(number: int) -> int:
    """Double a number.

    Args:
        number: The number.
    """
    return 2 * number


def report() -> list[tuple[str, str]]:
    """The rows of the table, for the places that this machine has."""
    rows = []
    for name, open_place in _PLACES.items():
        with open_place() as engine:
            measured = asyncio.run(_measure(engine))
        rows += [(f"{what}, {name}", milliseconds(seconds)) for what, seconds in measured.items()]
    return rows


async def _measure(engine: Engine | None) -> dict[str, float]:
    """Return the median seconds of each thing that a chat does, over some chats."""
    chats = [await _chat(engine) for _ in range(_CHATS)]
    return {what: median(chat[what] for chat in chats) for what in chats[0]}


async def _chat(engine: Engine | None) -> Mapping[str, float]:
    async with _sandbox(engine) as box:
        seconds = {"first step": await seconds_for(box.run("1"))}
        seconds["a later step"] = median([await seconds_for(box.run("1")) for _ in range(_STEPS)])
        calls = f"[double(number) for number in range({_CALLS})]"
        seconds["a tool's call"] = (await seconds_for(box.run(calls)) - seconds["a later step"]) / _CALLS
        seconds["1 MB out"] = await seconds_for(box.run(f"open('out', 'wb').write(bytes({_MB}))"))
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(_MB))
            file.flush()
            seconds["1 MB in"] = await seconds_for(box.add_files([Path(file.name)]))
        seconds["Stop"] = await _stop(box)
        return seconds


async def _stop(box: Sandbox) -> float:
    step = asyncio.create_task(box.run("while True: pass"))
    await asyncio.sleep(0.3)
    step.cancel()
    return await seconds_for(asyncio.wait([step]))


@asynccontextmanager
async def _sandbox(engine: Engine | None) -> AsyncIterator[Sandbox]:
    async with Sandbox(engine=engine, tools=[double]) as box:
        yield box


@contextmanager
def _here() -> Iterator[None]:
    yield None


@contextmanager
def _docker() -> Iterator[Engine]:
    yield DockerEngine()


@contextmanager
def _hugging_face() -> Iterator[Engine]:
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        sandbox_server(Path(folder), patch) as server,
    ):
        server.renew({"hf_token": "me"})
        yield HuggingFaceEngine("hf_token", "hf.co/spaces/me/glassbox")


@contextmanager
def _ray() -> Iterator[Engine]:
    with ray_nodes() as cluster:
        yield RayEngine(str(cluster.address))


def _has_image() -> bool:
    command = ["docker", "image", "inspect", IMAGE]
    return which("docker") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


_PLACES: dict[str, Callable[[], AbstractContextManager[Engine | None]]] = {
    "on this machine": _here,
    **({"in Docker": _docker} if _has_image() else {}),
    "at Hugging Face's stand-in": _hugging_face,
    "in a Ray cluster": _ray,
}

if __name__ == "__main__":
    for what, value in report():
        print(f"{what:<45}{value}")
