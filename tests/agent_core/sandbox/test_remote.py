"""Sandboxes elsewhere: what differs from those of this machine. Other tests of the folder run there as they are."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent_core.errors import SandboxError
from agent_core.events import SandboxStarting
from agent_core.sandbox import Policy, Sandbox
from agent_core.sandbox.aftermath import LOST_BEFORE, VARIABLES_LOST
from agent_core.sandbox.remote import child_process, link
from agent_core.sandbox.remote.child_process import ChildEngine, ProcessStream
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.shipping import archive
from tests.agent_core.sandbox.far_ends import ThriftyEngine
from tests.agent_core.sandbox.support import failure, killed_app, value
from tests.support import ROOT

pytestmark = pytest.mark.here
# What a sandbox does. The others hold there, too: --engine child.
SAME = ("running", "variables", "tools", "permissions", "limits", "checkpoints", "branches", "displays", "own_names")


class Watched(ChildEngine):
    """Knows its processes."""

    def __init__(self) -> None:
        self.streams: list[ProcessStream] = []

    async def connect(self, needs: Needs) -> ProcessStream:
        self.streams.append(await super().connect(needs))
        return self.streams[-1]

    def kill(self) -> None:
        """Kill the newest far end, as a machine that fails would."""
        self.streams[-1]._process.kill()


@pytest.mark.timeout(1_300)
def test_the_tests_of_sandboxes_hold_elsewhere():
    files = [f"tests/agent_core/sandbox/test_{name}.py" for name in SAME]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--engine", "child", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1_200, check=False)
    assert done.returncode == 0, done.stdout[-8_000:]


async def test_a_lost_connection_costs_variables_and_the_step_and_no_file(tmp_path: Path):
    engine = Watched()
    async with Sandbox(engine=engine, workspace=tmp_path / "files", history=tmp_path / "history") as box:
        events: list[Any] = [event async for event in box.stream("x = 1\nopen('a', 'w').write('one')")]
        first = events[-1]
        assert events[:2] == [SandboxStarting(), SandboxStarting(ready=True)]
        assert (box.workspace / "a").read_text() == "one"
        step = asyncio.create_task(box.run("open('a', 'w').write('two')\nprint('on', flush=True)\nwhile True: pass"))
        await asyncio.sleep(0.5)
        engine.kill()
        error = (await step).error
        assert error
        assert (error.kind, error.message) == ("crash", f"{link.LOST} {VARIABLES_LOST}")
        assert (box.workspace / "a").read_text() == "one"
        assert not box.is_awake
        assert await value(box, "open('a').read(), 'x' in globals()") == "('one', False)"
        await value(box, "y = 2\nopen('a', 'w').write('three')")
        engine.kill()
        await asyncio.sleep(0.5)
        told = await box.run("'y' in globals()")
        assert (told.value, told.note) == ("False", LOST_BEFORE)
        assert not box.has_variables(first.checkpoint)
        assert await box.rewind(first.checkpoint) == ()
        assert box.aftermath == VARIABLES_LOST
        assert await value(box, "open('a').read()") == "one"


def test_nothing_is_left_of_a_far_end_whose_app_was_killed(tmp_path: Path):
    with killed_app("agent_core.sandbox.remote.child_process.ChildEngine", TMPDIR=str(tmp_path)) as app:
        below = psutil.Process(app).children(recursive=True)
        assert len(below) >= 3  # the far end, its zygote, and a worker
    assert psutil.wait_procs(below, timeout=60)[1] == []


async def test_nothing_is_left_of_a_far_end_that_was_stopped_while_it_started():
    engine = Watched()
    async with Sandbox(engine=engine) as box:
        step = asyncio.create_task(box.run("1"))
        while not engine.streams:
            await asyncio.sleep(0.01)
        for _ in range(2):  # impatience changes nothing
            step.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await step
        async with asyncio.timeout(20):
            while engine.streams[0]._process.returncode is None:
                await asyncio.sleep(0.05)
        assert await value(box, "1 + 1") == "2"


def test_only_the_package_is_shipped():
    with zipfile.ZipFile(io.BytesIO(archive()[4:])) as shipped:
        names = shipped.namelist()
    assert {name.partition("/")[0] for name in names} == {"agent_core"}
    assert {Path(name).suffix for name in names} <= {".py", ".md", ".toml"}


async def test_the_far_end_sees_nothing_of_the_apps_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    engine = Watched()
    async with Sandbox(engine=engine) as box:
        await box.start()
        far = psutil.Process(engine.streams[-1]._process.pid)
        assert "hf_secret" not in str([process.environ() for process in (far, *far.children())])


async def test_files_that_a_person_puts_there_removes_and_adds():
    async with Sandbox(engine=ThriftyEngine()) as box:
        await value(box, "open('mine', 'w').write('x')")
        (box.workspace / "folder").mkdir()
        (box.workspace / "folder" / "given").write_text("given")
        (box.workspace / "mine").unlink()
        code = "import os\n[os.path.join(f, n) for f, _, ns in os.walk('.') for n in ns if not f.startswith('./.tmp')]"
        assert await value(box, code) == "['./folder/given']"


@pytest.mark.parametrize("changed", ["links", "a file that became a folder"])
async def test_what_is_no_file_stays_there(changed: str):
    async with Sandbox(engine=ThriftyEngine(), policy=Policy(imports=["*"])) as box:
        await value(box, "import os\nopen('a', 'w').write('x')")
        if changed == "links":
            await value(box, "os.symlink('/etc/hostname', 'l'), os.symlink('/etc', 'd'), os.mkfifo")
        else:
            await value(box, "os.unlink('a'), os.mkdir('a'), open('a/b', 'w').write('y')")
        here = sorted(str(path.relative_to(box.workspace)) for path in box.workspace.rglob("*"))
        assert [name for name in here if not name.startswith(".")] == (["a"] if changed == "links" else ["a", "a/b"])


@pytest.fixture
async def no_python() -> AsyncIterator[Sandbox]:
    class Nothing(ChildEngine):
        async def connect(self, needs: Needs) -> ProcessStream:
            return await ProcessStream.of(["/bin/true"], {})

    async with Sandbox(engine=Nothing()) as box:
        yield box


async def test_a_place_without_python_says_so(no_python: Sandbox):
    with pytest.raises(SandboxError, match="did not start"):
        await no_python.run("1")


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    processes: list[int] = []
    yield processes
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def test_a_far_end_that_says_nothing_more_is_given_up(monkeypatch: pytest.MonkeyPatch, stopped: list[int]):
    monkeypatch.setattr(link, "_PING_SECONDS", 0.2)
    monkeypatch.setattr(link, "_SILENT_SECONDS", 0.6)
    monkeypatch.setattr(child_process, "_END_SECONDS", 0.5)
    engine = Watched()
    async with Sandbox(engine=engine) as box:
        await value(box, "x = 1")
        stopped.append(engine.streams[-1]._process.pid)
        os.kill(stopped[0], signal.SIGSTOP)
        assert (await failure(box, "x")).message.startswith(link.LOST)
