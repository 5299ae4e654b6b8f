"""A sandbox whose workspace and history last: it goes on where it ended, even if the app was killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.aftermath import FILES_NOT_AS_LEFT, LOST_BEFORE, ROLLED_BACK, VARIABLES_LOST
from tests.agent_core.sandbox.support import failure, value
from tests.support import ROOT

APP = """
import asyncio, sys
from pathlib import Path
from agent_core.sandbox import Sandbox
from agent_core.sandbox.checkpoints import checkpoints

checkpoints._DELIVERY_SECONDS = float(sys.argv[3])

async def main():
    box = Sandbox(workspace=Path(sys.argv[1]), history=Path(sys.argv[2]))
    for code in sys.argv[4:]:
        print((await box.run(code)).checkpoint, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
_WRITE = "x = {0}\nopen('state', 'w').write('{0}')\nopen('only{0}', 'w').close()"
_HALF = "import os\nopen('state', 'w').write('half')\nos.remove('only1')\nopen('new', 'w').close()\nwhile True: pass"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def open_box(workspace: Path, tmp_path: Path) -> Callable[[], Sandbox]:
    return lambda: Sandbox(workspace=workspace, history=tmp_path / "history")


@contextmanager
def killed_app(workspace: Path, *steps: str, delivery: float = 0.002) -> Iterator[subprocess.Popen[str]]:
    """An app that runs these steps, and prints the checkpoint after each; it is killed at the end of the block."""
    folders = [str(workspace), str(workspace.parent / "history"), str(delivery)]
    app = subprocess.Popen([sys.executable, "-c", APP, *folders, *steps], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield app
    finally:
        os.kill(app.pid, signal.SIGKILL)
        app.communicate(timeout=60)


def printed(app: subprocess.Popen[str]) -> str:
    assert app.stdout
    return app.stdout.readline().strip()


def state(workspace: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in workspace.iterdir() if path.is_file()}


async def test_killed_in_the_middle_of_a_step(workspace: Path, open_box: Callable[[], Sandbox], tmp_path: Path):
    with killed_app(workspace, _WRITE.format(1), _HALF) as app:
        assert printed(app) == "1"
        while not (workspace / "new").exists():
            await asyncio.sleep(0.02)
        assert "only1" not in state(workspace)
    (given := tmp_path / "given.txt").write_text("given")
    async with open_box() as box:
        assert not box.has_variables(1)
        with await box.open_file("only1") as file:
            assert file.read() == b""
        assert state(workspace) == {"state": "1", "only1": ""}
        await box.add_files([given])
        error = await failure(box, "x")
        assert "NameError" in error.message
        assert error.message.endswith(VARIABLES_LOST)
        done = await box.run("x = 3\nopen('state', 'w').write('3')")
        assert (done.checkpoint, done.note) == (3, "")
        await box.rewind(1)
        assert state(workspace) == {"state": "1", "only1": "", "given.txt": "given"}


async def test_killed_in_the_first_step(workspace: Path, open_box: Callable[[], Sandbox]):
    (workspace / "given").write_text("given")
    with killed_app(workspace, "open('given', 'w').close()\nopen('new', 'w').close()\nwhile True: pass"):
        while not (workspace / "new").exists():
            await asyncio.sleep(0.02)
    async with open_box() as box:
        assert (await box.run("1")).note == ""
        assert state(workspace) == {"given": "given"}


async def test_killed_right_after_a_result(workspace: Path, open_box: Callable[[], Sandbox]):
    """Before the step's files were kept."""
    with killed_app(workspace, _WRITE.format(1), _WRITE.format(2), delivery=60) as app:
        assert [printed(app), printed(app)] == ["1", "2"]
    async with open_box() as box:
        done = await box.run("open('state').read()")
        assert (done.value, done.note, done.checkpoint) == ("2", LOST_BEFORE, 3)
        assert await box.rewind(1) == ()
        assert state(workspace) == {"state": "1", "only1": ""}


async def test_closed_and_opened_again(workspace: Path, open_box: Callable[[], Sandbox]):
    async with open_box() as box:
        await value(box, _WRITE.format(1))
        await value(box, _WRITE.format(2))
        await box.rewind(1, keep_later=True)
        await value(box, _WRITE.format(3))
    (workspace / "by hand").write_text("x")
    async with open_box() as box:
        assert [box.has_variables(number) for number in range(4)] == [True, False, False, False]
        assert (await box.rewind(2, keep_later=True), box.aftermath) == ((), VARIABLES_LOST)
        assert state(workspace) == {"state": "2", "only1": "", "only2": ""}
        assert await value(box, "open('state', 'w').write('4')") == "1"
        assert (await box.rewind(3, keep_later=True), box.aftermath) == ((), VARIABLES_LOST)
        assert state(workspace) == {"state": "3", "only1": "", "only3": "", "by hand": "x"}
        assert "NameError" in (await failure(box, "x")).message
    async with open_box() as box:
        await box.rewind(0)
        assert state(workspace) == {}
        assert (await box.run("1")).checkpoint == 6


async def test_what_cannot_be_put_back_is_said_with_the_next_step(workspace: Path, open_box: Callable[[], Sandbox]):
    large = "open('large', 'wb').truncate(100 * 2**20)"
    with killed_app(workspace, large, "open('large', 'w').close()\nopen('new', 'w').close()\nwhile True: pass") as app:
        assert printed(app) == "1"
        while not (workspace / "new").exists():
            await asyncio.sleep(0.02)
    async with open_box() as box:
        assert (await box.run("1")).note == f"{LOST_BEFORE} {FILES_NOT_AS_LEFT} large."
        assert (await box.run("1")).note == ""


@pytest.mark.here
async def test_closing_in_the_middle_of_a_step_undoes_it(workspace: Path, open_box: Callable[[], Sandbox]):
    box = open_box()
    await value(box, _WRITE.format(1))
    step = asyncio.create_task(box.run(_HALF))
    while not (workspace / "new").exists():
        await asyncio.sleep(0.02)
    await box.close()
    await asyncio.wait([step])
    async with open_box() as box:
        await value(box, "1")
        assert state(workspace) == {"state": "1", "only1": ""}


async def test_a_step_that_is_undone_leaves_nothing_to_undo(workspace: Path, open_box: Callable[[], Sandbox]):
    async with open_box() as box:
        await value(box, _WRITE.format(1))
        assert (await failure(box, "open('state', 'w')\nimport os; os._exit(1)")).message.endswith(ROLLED_BACK)
    (workspace / "state").write_text("by hand")
    async with open_box() as box:
        assert await value(box, "open('state').read()") == "by hand"


async def test_deleting_leaves_nothing(workspace: Path, open_box: Callable[[], Sandbox]):
    box = open_box()
    await value(box, _WRITE.format(1))
    await box.close()
    assert {path.name for path in workspace.parent.iterdir()} == {"workspace", "history"}
    await open_box().delete()
    assert list(workspace.parent.iterdir()) == []


@pytest.mark.parametrize("inside", ["", "history", "more/history"])
def test_the_code_can_never_reach_the_history(inside: str, tmp_path: Path):
    with pytest.raises(SandboxError, match="Name two folders"):
        Sandbox(workspace=tmp_path, history=tmp_path / inside)
    with pytest.raises(SandboxError, match="Name two folders"):
        Sandbox(workspace=tmp_path / inside, history=tmp_path)
    with pytest.raises(SandboxError, match="Name a folder"):
        Sandbox(history=tmp_path)


@pytest.mark.here
async def test_the_code_sees_nothing_of_its_history(open_box: Callable[[], Sandbox], tmp_path: Path):
    async with open_box() as box:
        await value(box, "x = 1")
        assert (tmp_path / "history").exists()
        assert "PermissionError" in (await failure(box, "import os\nos.listdir('../history')")).message
