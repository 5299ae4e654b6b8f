"""Every attempt of the corpus is refused by a real sandbox, and each succeeds where what stops it is lifted."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent_core.execution import Execution
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.host.zygote_process import zygote
from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import SECRET, Canaries
from tests.agent_core.sandbox.escapes.corpus import ATTEMPTS, program
from tests.agent_core.sandbox.escapes.lifting import Lifter, run_lifted

# A thread that has a folder and a file be links to what is outside, and again not, as fast as it can.
SWAPPING = Attempt(
    "files: read",
    "while they are kept",
    """
    import shutil, threading
    def swap():
        for number in range(3000):
            if os.path.islink("d"):
                os.unlink("d"), os.unlink("f"), os.mkdir("d")
                for name in ("d/secret.txt", "f"):
                    open(name, "w").close()
            else:
                shutil.rmtree("d", ignore_errors=True)
                if os.path.lexists("f"):
                    os.unlink("f")
                os.symlink(canary.folder, "d"), os.symlink(canary.secret, "f")
    threading.Thread(target=swap, daemon=True).start()
    """,
    "host",
)
READ_ALL = """
import os
read = []
for folder, _, names in os.walk("."):
    for name in names:
        try:
            read.append(open(os.path.join(folder, name)).read())
        except OSError:
            pass
read
"""
# A timer that takes memory when the step is over, of a kind that no limit on data counts.
LATER = """
import ctypes, signal
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
def take(*_):
    start = libc.mmap(None, ctypes.c_long(600 * 2**20), 3, 0x122, -1, 0)
    ctypes.memset(start, 1, 600 * 2**20)
signal.signal(signal.SIGALRM, take)
signal.setitimer(signal.ITIMER_REAL, 0.2)
"""


@pytest.fixture
def canaries() -> Iterator[Canaries]:
    with Canaries() as canaries:
        yield canaries


@pytest.fixture(scope="module")
def lifter() -> Iterator[Lifter]:
    with Lifter() as lifter:
        yield lifter


@pytest.fixture(scope="module", autouse=True)
def secrets_of_the_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The app that the zygote is started by has a secret in its environment, and in a file that it left open."""
    path = tmp_path_factory.mktemp("app") / "secret"
    path.write_text(SECRET)
    with pytest.MonkeyPatch.context() as patch, path.open() as file:
        patch.setenv("TOKEN", SECRET)
        os.set_inheritable(file.fileno(), True)
        zygote.close()
        yield
        zygote.close()


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_it_is_refused(attempt: Attempt, canaries: Canaries):
    async with Sandbox(policy=Policy(imports=["*"]), limits=attempt.limits) as box:
        done = await box.run(program(attempt, canaries.facts(box.workspace, os.__file__, hold_seconds=2)))
        touched = canaries.touched(_everything(done))
        assert await _goes_on(box)
    assert touched == []
    assert _outcome(done, attempt) in attempt.ends
    assert _left_in(box.workspace) == []
    assert not box.workspace.exists()


@pytest.mark.parametrize("attempt", [attempt for attempt in ATTEMPTS if not attempt.harm], ids=str)
def test_it_succeeds_without_the_layer(attempt: Attempt, canaries: Canaries, lifter: Lifter):
    ending, text = run_lifted(attempt, canaries, lifter)
    assert ending.startswith("reached") or canaries.wait_for_touch(text, 0.5), ending
    if "pretended" in attempt.ends and "left behind" not in attempt.subject:  # then to return proves nothing
        assert canaries.wait_for_touch(text, 0.5), ending


async def test_rewinding_writes_through_no_link(canaries: Canaries):
    inside, outside = "import os, shutil", f"{str(canaries.folder)!r}"
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        first = await box.run(f"{inside}\nos.mkdir('d')\nopen('d/precious.txt', 'w').write('hacked')")
        await box.run(f"shutil.rmtree('d')\nos.symlink({outside}, 'd')")
        await box.rewind(first.checkpoint)
        restored = await box.run("os.path.islink('d'), open('d/precious.txt').read()")
    assert restored.value == "(False, 'hacked')"
    assert canaries.touched("") == []


async def test_rewinding_removes_through_no_link(canaries: Canaries):
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        first = await box.run("import os")
        await box.run(f"os.symlink({str(canaries.folder)!r}, 'd')\nos.mkdir('e')\nos.symlink('../d', 'e/f')")
        await box.rewind(first.checkpoint)
        assert (await box.run("os.path.lexists('d'), os.path.lexists('e')")).value == "(False, False)"
    assert canaries.touched("") == []


async def test_what_is_kept_for_rewinding_is_read_through_no_link(canaries: Canaries):
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        await box.run(program(SWAPPING, canaries.facts(box.workspace, os.__file__, hold_seconds=2)))
        steps = [await box.run(f"open('other{number}', 'w').write('x')") for number in range(5)]
        for step in reversed(steps):
            await box.rewind(step.checkpoint)
            assert canaries.touched(_everything(await box.run(READ_ALL))) == []


async def test_memory_taken_between_two_steps_is_seen():
    async with Sandbox(policy=Policy(imports=["*"]), limits=Limits(memory_mb=256)) as box:
        await box.run(LATER)
        await asyncio.sleep(1)
        assert sum(_memory_of(process) for process in _living_in(box.workspace)) < 400 * 2**20


def test_processes_that_have_ended_are_reaped():
    below = psutil.Process().children(recursive=True)
    dead = [process for process in below if process.status() == psutil.STATUS_ZOMBIE]
    assert psutil.wait_procs(dead, timeout=2)[1] == []


async def _goes_on(box: Sandbox) -> bool:
    """Code that spoiled its own checkpoint loses its process with the next step, so the one after that counts too."""
    first = await box.run("1 + 1")
    return first.value == "2" or (await box.run("1 + 1")).value == "2"


def _outcome(done: Execution, attempt: Attempt) -> str:
    if done.error:
        return done.error.kind
    if done.value is None:
        return "ended"
    return "pretended" if "pretended" in attempt.ends and done.value.startswith("reached") else done.value


def _everything(done: Execution) -> str:
    shown = [text for display in done.displays for text in display.data.values()]
    error = [done.error.message, done.error.traceback] if done.error else []
    answer = done.answer.data.values() if done.answer else []
    return "\n".join([done.stdout, done.value or "", *shown, *error, *answer])


def _left_in(workspace: Path) -> list[psutil.Process]:
    """What lives on there; the zygote is whose child every process becomes whose parent has ended."""
    return psutil.wait_procs(_living_in(workspace), timeout=2)[1]


def _living_in(workspace: Path) -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if _lives_in(workspace, process)]


def _memory_of(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def _lives_in(workspace: Path, process: psutil.Process) -> bool:
    try:
        return process.cwd().startswith(str(workspace))
    except psutil.Error:
        return False
