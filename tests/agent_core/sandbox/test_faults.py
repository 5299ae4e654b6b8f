"""What breaks around a chat's code: its process, the zygote, its folders, the disk. The chat goes on."""

import asyncio
import errno
import os
import shutil
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from agent_core import tool
from agent_core.errors import GlassboxError, SandboxError
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.permissions import PermissionRequest
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.aftermath import FILES_NOT_AS_LEFT, ROLLED_BACK, VARIABLES_LOST
from agent_core.sandbox.host import look_into
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.zygote_process import zygote
from tests.agent_core.sandbox.support import checkpoints_of, failure, value
from tests.small_disk import fill, small_disk

Kill = Callable[[], None]
VICTIMS = ["the worker", "the zygote"]


def kill_zygote() -> None:
    assert zygote.process
    os.kill(zygote.process.pid, signal.SIGKILL)


async def killer(box: Sandbox, victim: str) -> Kill:
    """What kills the chat's process, or that of all."""
    pid = int(await value(box, "import os\nos.getpid()") or 0)
    return kill_zygote if victim == "the zygote" else lambda: os.kill(pid, signal.SIGKILL)


def _wait_for_end(box: Sandbox) -> None:
    worker, deadline = checkpoints_of(box)._worker, time.monotonic() + 10
    while worker and worker.is_alive and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture(params=VICTIMS)
async def fatal(request: pytest.FixtureRequest, own_box: Sandbox) -> tuple[Sandbox, Kill, bool]:
    """A chat with x = 1 and a file, what kills its processes, and whether its variables outlive that."""
    await value(own_box, "x = 1\nopen('kept', 'w').write('as it was')")
    kill = await killer(own_box, request.param)
    return own_box, kill, request.param == "the worker"


async def _last(step: AsyncGenerator[SandboxEvent | Execution, None]) -> Execution:
    done = [event async for event in step][-1]
    assert isinstance(done, Execution)
    return done


async def assert_goes_on(box: Sandbox, has_variables: bool) -> None:
    assert await value(box, "open('kept').read()") == "as it was"
    assert await value(box, "globals().get('x')") == ("1" if has_variables else None)


async def test_killed_in_mid_step(fatal: tuple[Sandbox, Kill, bool]):
    box, kill, survives = fatal
    step = box.stream("x = 2\nopen('kept', 'w').write('half')\nprint('on', flush=True)\nwhile True: pass")
    await anext(step)
    kill()
    done = await _last(step)
    assert done.stdout == "on\n" and done.error, "what was shown is kept"
    assert done.error.message.endswith(ROLLED_BACK if survives else VARIABLES_LOST)
    await assert_goes_on(box, survives)


async def test_killed_while_a_tool_works(fatal: tuple[Sandbox, Kill, bool]):
    box, kill, survives = fatal

    @tool
    async def slow() -> str:
        """Work."""
        kill()
        await asyncio.sleep(60)
        return "never"

    box.tools = [slow]
    assert "ended unexpectedly" in (await failure(box, "slow()")).message
    await assert_goes_on(box, survives)


async def test_killed_while_a_person_is_asked(fatal: tuple[Sandbox, Kill, bool]):
    box, kill, survives = fatal
    given_up = asyncio.Event()

    async def ask(_: PermissionRequest) -> str:
        kill()
        try:
            await asyncio.sleep(60)
        finally:
            given_up.set()
        return "once"

    box.policy = Policy(["time"], ask=ask)  # pyright: ignore[reportArgumentType]
    assert "ended unexpectedly" in (await failure(box, "import secrets")).message
    assert given_up.is_set(), "nobody goes on being asked"
    box.policy = Policy()
    await assert_goes_on(box, survives)


async def test_killed_between_two_steps(fatal: tuple[Sandbox, Kill, bool]):
    box, kill, survives = fatal
    await checkpoints_of(box)._wait_for_background()
    kill()
    _wait_for_end(box)
    await assert_goes_on(box, survives)


@pytest.mark.parametrize("victim", VICTIMS)
async def test_killed_while_a_checkpoint_is_made(victim: str, own_box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    await value(own_box, "x = 1\nopen('kept', 'w').write('as it was')")
    await checkpoints_of(own_box)._wait_for_background()
    kill, make = await killer(own_box, victim), Processes.make_checkpoint

    def killed(processes: Processes, number: int) -> None:
        kill()
        make(processes, number)

    monkeypatch.setattr(Processes, "make_checkpoint", killed)
    await value(own_box, "y = 2")
    monkeypatch.undo()
    await asyncio.sleep(0.1)
    assert await value(own_box, "open('kept').read()") == "as it was"
    assert await value(own_box, "globals().get('x')") == ("1" if victim == "the worker" else None)


@pytest.mark.parametrize("victim", VICTIMS)
async def test_killed_before_the_first_step(victim: str):
    async with Sandbox() as box:
        await box.start()
        if victim == "the zygote":
            kill_zygote()
        else:
            for child in psutil.Process(zygote.process.pid).children() if zygote.process else ():
                child.kill()
        _wait_for_end(box)
        assert await value(box, "1 + 1") == "2"


@pytest.mark.parametrize("victim", VICTIMS)
async def test_killed_while_files_are_looked_into(
    victim: str, own_box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await value(own_box, "x = 1")
    (table := tmp_path / "table.csv").write_text("a,b\n1,2\n")
    notes = await own_box.add_files([table])
    before = {child.pid for child in psutil.Process(zygote.process.pid).children()} if zygote.process else set()

    class Killing(look_into.CodeRun):
        async def begin(self, order: bytes, requests: GuestRequests, descriptor: int | None = None) -> None:
            if victim == "the zygote":
                kill_zygote()
            else:
                assert zygote.process
                for child in psutil.Process(zygote.process.pid).children():
                    if child.pid not in before:
                        child.kill()
            await super().begin(order, requests, descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(look_into, "CodeRun", Killing)
        assert [note.overview for note in await own_box.describe_files(notes)] == [""]
        assert (await own_box.preview_file("table.csv")).note
    assert (await own_box.describe_files(notes))[0].overview
    assert await value(own_box, "globals().get('x')") == ("1" if victim == "the worker" else None)


async def test_without_descriptors_no_sandbox_starts_and_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch):
    def none_left() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with Sandbox(limits=Limits(memory_mb=300)) as box:
        with monkeypatch.context() as patch, pytest.raises(SandboxError, match="Too many open files"):
            patch.setattr(os, "pipe", none_left)
            await box.run("1")
        assert await value(box, "1 + 1") == "2"


async def test_a_killed_worker_is_no_other_chats_business():
    async with Sandbox() as one, Sandbox() as other:
        await value(other, "y = 1")
        step = asyncio.create_task(other.run("import time\ntime.sleep(0.5)\ny"))
        kill = await killer(one, "the worker")
        kill()
        await value(one, "1")
        assert (await step).value == "1"


def _in_a_chat_that_lasts(folder: Path) -> Sandbox:
    return Sandbox(workspace=folder / "workspace", history=folder / "history")


async def test_a_workspace_that_is_gone_is_made_anew_with_what_was_kept_of_it(tmp_path: Path):
    async with _in_a_chat_that_lasts(tmp_path) as box:
        await value(box, "x = 1\nopen('kept', 'w').write('as it was')")
        await checkpoints_of(box)._wait_for_background()
        shutil.rmtree(tmp_path / "workspace")
        error = await failure(box, "x")
        assert error.message.endswith(VARIABLES_LOST)
        assert await value(box, "open('kept').read()") == "as it was"


Act = Callable[[Sandbox, Path], Awaitable[object]]


async def _run(box: Sandbox, _: Path) -> None:
    done = await box.run("open('new', 'w').write('1')")
    assert (done.error, FILES_NOT_AS_LEFT in done.note) == (None, True)


async def _add(box: Sandbox, path: Path) -> None:
    await box.add_files([path])
    assert await value(box, "open('given').read()") == "given"


async def _rewind(box: Sandbox, _: Path) -> None:
    assert await box.rewind(1) == ("kept",)


@pytest.mark.parametrize("act", [_run, _add, _rewind])
async def test_where_all_temporary_files_are_gone_the_chat_says_so_and_goes_on(act: Act, tmp_path: Path):
    (given := tmp_path / "given").write_text("given")
    async with Sandbox() as box:
        await value(box, "open('kept', 'w').write('as it was')")
        await value(box, "x = 2")
        await checkpoints_of(box)._wait_for_background()
        shutil.rmtree(box.workspace)
        blobs = checkpoints_of(box)._files._versions._blobs
        assert blobs._folder
        shutil.rmtree(blobs._folder)
        await act(box, given)
        done = await box.run("x = 3\nopen('kept', 'w').write('again')")
        await checkpoints_of(box)._wait_for_background()
        await value(box, "open('kept', 'w').write('changed')")
        assert await box.rewind(done.checkpoint) == ()
        assert await value(box, "(x, open('kept').read())") == "(3, 'again')"


async def test_a_workspace_that_goes_in_mid_step(tmp_path: Path):
    async with _in_a_chat_that_lasts(tmp_path) as box:
        await value(box, "open('kept', 'w').write('as it was')")
        step = box.stream("print('on', flush=True)\nimport time\ntime.sleep(0.6)\nopen('new', 'w').write('1')")
        await anext(step)
        shutil.rmtree(tmp_path / "workspace")
        assert (await _last(step)).error
        assert await value(box, "open('kept').read()") == "as it was"


async def test_no_chat_fills_the_disk_for_the_others(tmp_path: Path):
    with small_disk(tmp_path / "disk", 40) as disk:
        async with _in_a_chat_that_lasts(disk / "one") as one, _in_a_chat_that_lasts(disk / "other") as other:
            await value(one, "x = 1")
            for write in (
                "open('big', 'wb').write(bytes(60 * 2**20))",
                "for n in range(9): open(f'{n}', 'wb').write(bytes(5 * 2**20))",
            ):
                error = await failure(one, write)
                assert error.kind == "disk" and "almost full" in error.message and error.message.endswith(ROLLED_BACK)
                assert await one.list_files() == [], "nothing that was cut off is offered"
                assert await value(other, "open('mine', 'w').write('y' * 2**20)") == str(2**20)
            assert await value(one, "x") == "1"


async def test_on_a_full_disk_chats_calculate_and_take_no_half_files(tmp_path: Path):
    (large := tmp_path / "large").write_bytes(bytes(3 * 2**20))
    with small_disk(tmp_path / "disk", 20) as disk:
        async with _in_a_chat_that_lasts(disk / "chat") as box:
            await value(box, "x = 1\nopen('kept', 'w').write('as it was')")
            filler = fill(disk, but=100_000)
            assert await value(box, "x = x + 1\nx") == "2"
            with pytest.raises(GlassboxError, match="almost full"):
                await box.add_files([large])
            assert (await failure(box, "open('half', 'wb').write(bytes(2**20))")).message.endswith(ROLLED_BACK)
            assert [file.note.name for file in await box.list_files()] == ["kept"]
            filler.unlink()
            await box.add_files([large])
            assert await value(box, "open('kept', 'w').write(str(x))") == "1"
        async with _in_a_chat_that_lasts(disk / "chat") as box:
            assert await value(box, "open('kept').read()") == "2"


async def test_what_a_full_disk_does_not_take_back_is_named_and_no_half_file(tmp_path: Path):
    with small_disk(tmp_path / "disk", 20) as disk:
        workspace = disk / "workspace"
        async with Sandbox(workspace=workspace, history=tmp_path / "history") as box:
            await value(box, "open('large', 'wb').write(bytes(range(256)) * 20_000)\nopen('kept', 'w').write('here')")
            await value(box, "import os\nos.remove('large')")
            fill(disk, but=2**20)
            assert await box.rewind(1) == ("large",)
            assert sorted(path.name for path in workspace.iterdir() if path.is_file()) == ["kept"]
