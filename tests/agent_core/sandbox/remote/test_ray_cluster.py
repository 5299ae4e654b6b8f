"""Sandboxes in a Ray cluster of two nodes, which are processes of this machine."""

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox import Limits, Sandbox
from agent_core.sandbox.remote import ray_cluster
from agent_core.sandbox.remote.ray_cluster import RayEngine
from tests.agent_core.sandbox.remote.streams import ECHO, NEEDS, SURROUNDINGS, read_all, said_back
from tests.doubles.ray_nodes import ray_nodes

PID = ("python3", "-I", "-c", "import os\nos.write(1, b'%8d' % os.getpid())\nos.read(0, 1)")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="Ray is not installed")
    with ray_nodes() as cluster:
        yield cluster


async def test_cluster_that_is_not_there_is_said() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with pytest.raises(SandboxError, match=r"'127\.0\.0\.1:9' cannot be reached"):
        await RayEngine("127.0.0.1:9").connect(NEEDS)


async def test_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SandboxError, match=r"Install glassbox\[ray\]"):
        await RayEngine().connect(NEEDS)


async def test_bytes_go_there_and_back_until_it_is_closed(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "FAR_COMMAND", ECHO)
    stream = await RayEngine(cluster.address).connect(NEEDS)
    data = os.urandom(3_000_000)
    assert await said_back(stream, b"at once") == b"at once"
    assert await said_back(stream, data) == data
    reading = asyncio.create_task(stream.read(10))
    await stream.close()
    await stream.close()
    assert await reading == await stream.read(10) == b""
    with pytest.raises(OSError, match="ended"):
        await stream.write(b"more")


async def test_nothing_of_the_node_is_in_its_surroundings(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "FAR_COMMAND", SURROUNDINGS)
    stream = await RayEngine(cluster.address).connect(NEEDS)
    seen = (await read_all(stream, 100_000)).decode()
    await stream.close()
    assert seen.startswith("{'PATH'") and "RAY" not in seen


async def test_process_is_gone_once_it_is_closed(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "FAR_COMMAND", PID)
    stream = await RayEngine(cluster.address).connect(NEEDS)
    pid = int(await read_all(stream, 8))
    os.kill(pid, 0)
    await stream.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_full_cluster_is_said(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "_START_SECONDS", 2.0)
    with pytest.raises(SandboxError, match=r"768 MB of memory and 7 processors free"):
        await RayEngine(cluster.address, processors=7).connect(NEEDS)


async def test_chat_goes_on_elsewhere_when_its_node_fails(cluster: Any) -> None:
    engine, limits = RayEngine(cluster.address, processors=1), Limits(memory_mb=1024, step_seconds=200)
    boxes = [Sandbox(engine=engine, limits=limits) for _ in cluster.list_all_nodes()]
    try:
        await asyncio.gather(*(box.run("x = 41\nopen('kept.txt', 'w').write('kept')") for box in boxes))
        steps = {asyncio.create_task(box.run("import time\ntime.sleep(180)")): box for box in boxes}
        await asyncio.sleep(1)
        cluster.remove_node(cluster.list_all_nodes()[1], allow_graceful=False)
        (hit,), (others,) = await asyncio.wait(steps, timeout=100, return_when=asyncio.FIRST_COMPLETED)
        error = hit.result().error
        assert error and "was lost" in error.message and "variables" in error.message

        box, other = steps[hit], steps[others]
        others.cancel()
        await asyncio.wait([others])
        assert (await other.run("x")).value == "41"
        await other.close()  # the node that is left has room for one
        done = await box.run("open('kept.txt').read()")
        assert done.value == "kept" and not done.variables
    finally:
        for box in boxes:
            await box.close()
