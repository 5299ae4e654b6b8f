"""Every attempt of the corpus is refused by a real sandbox, and each succeeds where what stops it is lifted."""

import asyncio
import os
from collections.abc import Iterator

import psutil
import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.host.zygote_process import zygote
from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import Canaries
from tests.agent_core.sandbox.escapes.corpus import ATTEMPTS, program
from tests.agent_core.sandbox.escapes.lifting import Lifter, run_lifted
from tests.agent_core.sandbox.escapes.making import everything, fault_of, living_in, secrets_of_the_app

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
def app_with_secrets() -> Iterator[None]:
    """The zygote is started by an app that has some."""
    with secrets_of_the_app():
        zygote.close()
        yield
        zygote.close()


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_it_is_refused(attempt: Attempt, canaries: Canaries):
    assert await fault_of(attempt, canaries) == ""


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
            assert canaries.touched(everything(await box.run(READ_ALL))) == []


async def test_memory_taken_between_two_steps_is_seen():
    async with Sandbox(policy=Policy(imports=["*"]), limits=Limits(memory_mb=256)) as box:
        await box.run(LATER)
        await asyncio.sleep(1)
        assert sum(_memory_of(process) for process in living_in(box.workspace)) < 400 * 2**20


def test_processes_that_have_ended_are_reaped():
    below = psutil.Process().children(recursive=True)
    dead = [process for process in below if process.status() == psutil.STATUS_ZOMBIE]
    assert psutil.wait_procs(dead, timeout=30)[1] == []


def _memory_of(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0
