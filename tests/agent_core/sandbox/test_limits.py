"""Time, memory, Stop and crashes: whatever happens, the next step works."""

import asyncio
import os
import time
from contextlib import aclosing
from typing import Any

import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.aftermath import ROLLED_BACK
from tests.agent_core.sandbox.support import failure, value

STUBBORN = """
import time
while True:
    try:
        while True: time.sleep(0.01)
    except BaseException:
        pass
"""


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time\ntime.sleep(60)",
        "import threading\nthreading.Event().wait()",
        STUBBORN,
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
        "sum(range(10**12))",
    ],
)
async def test_a_step_that_takes_too_long_is_undone(box: Sandbox, code: str):
    box.policy = Policy(["*"])
    await box.run("kept = 1")
    box.limits = Limits(step_seconds=0.3)
    done = await box.run(f"kept = 2\nprint('started', flush=True)\n{code}")
    assert done.error is not None
    assert done.error.kind == "timeout"
    assert done.error.message == f"The code ran longer than the 0.3 seconds it may take. {ROLLED_BACK}"
    assert (done.stdout, box.aftermath) == ("started\n", ROLLED_BACK)
    assert await value(box, "kept") == "1"
    assert not box.aftermath


async def test_slow_drawing_is_part_of_the_step(box: Sandbox):
    box.limits = Limits(step_seconds=0.3)
    code = "class Slow:\n    def __repr__(self):\n        while True: pass\nSlow()"
    assert (await failure(box, code)).kind == "timeout"


@pytest.mark.parametrize("code", ["while True: pass", "while True: print('x' * 1_000_000)", "while True: display(1)"])
async def test_stop_by_closing_the_stream(box: Sandbox, code: str):
    await box.run("kept = 1")
    async with aclosing(box.stream(f"kept = 2\nprint('started', flush=True)\n{code}")) as events:
        async for _ in events:
            break
        before = time.monotonic()
    assert time.monotonic() - before < 1
    assert box.aftermath == ROLLED_BACK
    assert await value(box, "kept") == "1"


async def test_stop_by_cancelling_the_task(box: Sandbox):
    task = asyncio.create_task(box.run(STUBBORN))
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.sleep(0.1)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.aftermath == ROLLED_BACK
    assert await value(box, "1 + 1") == "2"


async def test_stop_while_the_worker_starts():
    async with Sandbox() as box:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(box.run("import time; time.sleep(60)"), 0.001)
        assert await value(box, "1 + 1") == "2"


async def test_memory_that_runs_out_is_an_error_and_variables_stay(box: Sandbox):
    await value(box, "kept = 1")  # the process begins, and could have more than it may in a moment
    box.limits = Limits(memory_mb=500)
    error = await failure(box, "data = bytearray(10**9)")
    assert error.kind == "memory"
    assert "more than the 500 MB of memory" in error.message
    error = await failure(box, "hoard = []\nwhile True:\n    hoard.append([0] * 1000)")
    assert error.kind == "memory"
    assert await value(box, "del hoard\nkept") == "1"
    assert (await failure(box, "import numpy\nnumpy.ones(10**9)")).kind == "memory"
    box.limits = Limits(memory_mb=2000)
    assert await value(box, "len(bytearray(10**9))") == "1000000000"


async def test_memory_can_be_raised_to_what_was_agreed_at_first_and_variables_stay():
    small = Limits(memory_mb=300, most_memory_mb=1200)
    async with Sandbox(policy=Policy(["*"]), limits=small) as box:
        await value(box, "kept = 1\nlarge = 'len(bytearray(600 * 2**20))'")
        assert "more than the 300 MB" in (await failure(box, "eval(large)")).message
        for limits, length in [(Limits(memory_mb=1000), "629145600"), (Limits(memory_mb=5000), "629145600")]:
            box.limits = limits
            assert await value(box, "eval(large)") == length
        assert (await failure(box, "len(bytearray(2 * 2**30))")).kind == "memory"
        assert await value(box, "kept") == "1"


async def test_the_watchdog_holds_code_to_less_than_the_kernel_does():
    code = "import resource\nlimit = resource.getrlimit(resource.RLIMIT_DATA)[1]\n"
    code += "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\nhoard = bytearray(600 * 2**20)\n"
    async with Sandbox(policy=Policy(["*"]), limits=Limits(memory_mb=300, most_memory_mb=1200)) as box:
        error = await failure(box, f"{code}import time; time.sleep(9)")
        assert (error.kind, "more than the 300 MB" in error.message) == ("memory", True)


async def test_disk_space_can_be_raised_to_what_was_agreed_at_first():
    code = "open('large', 'wb').write(bytes(30 * 2**20)) // 2**20"
    async with Sandbox(limits=Limits(disk_mb=20, most_disk_mb=50)) as box:
        await value(box, "kept = 1")
        assert (await failure(box, code)).kind == "disk"
        box.limits = Limits(disk_mb=40)
        assert await value(box, code) == "30"
        assert (await failure(box, "open('more', 'wb').write(bytes(15 * 2**20))")).kind == "disk"
        box.limits = Limits(disk_mb=100)
        assert await value(box, "open('more', 'wb').write(bytes(15 * 2**20)) // 2**20") == "15"
        assert "File too large" in (await failure(box, "open('huge', 'wb').truncate(60 * 2**20)")).message
        assert await value(box, "kept") == "1"


async def test_processor_time_is_enough_for_all_processors_until_the_time_is_over():
    cores = len(os.sched_getaffinity(0))
    for seconds in (0.3, 30, 600):
        assert Limits(step_seconds=seconds).processor_allowance > min(cores, 16) * seconds


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import os; os._exit(3)", "exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "Segmentation fault"),
        ("import os; os.abort()", "Aborted"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Killed"),
    ],
)
async def test_a_crash_is_told_and_the_next_step_works(box: Sandbox, code: str, how: str):
    box.policy = Policy(["*"])
    await box.run("kept = 1")
    done = await box.run(f"kept = 2\nprint('before', flush=True)\n{code}")
    assert done.error is not None
    assert (done.error.kind, done.stdout) == ("crash", "before\n")
    assert done.error.message == f"The Python process ended unexpectedly ({how}). {ROLLED_BACK}"
    assert box.aftermath == ROLLED_BACK
    assert await value(box, "kept") == "1"


async def test_threads_stand_still_between_steps(box: Sandbox):
    code = "import threading, time\ncount = 0\n"
    code += "def work():\n    global count\n    while True: count += 1; time.sleep(0.001)"
    await value(box, f"{code}\nthreading.Thread(target=work, daemon=True).start()\ntime.sleep(0.1)")
    await asyncio.sleep(0.3)  # by now the checkpoint is made
    before = int(await value(box, "count") or 0)
    await asyncio.sleep(1.0)
    assert before < int(await value(box, "count") or 0) < before + 500


async def test_a_thread_that_ends_the_process_ends_the_step(box: Sandbox):
    await value(box, "import threading, os, time\nthreading.Timer(0.2, os._exit, [4]).start()")
    error = await failure(box, "time.sleep(20)")
    assert (error.kind, box.aftermath) == ("crash", ROLLED_BACK)
    assert "exit status 4" in error.message
    assert await value(box, "1") == "1"


MMAP = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
"""


@pytest.mark.parametrize(
    ("limits", "code", "kind", "words"),
    [
        # Memory that no counter of the kernel limits: a mapping of the kind that stacks are.
        (
            {"memory_mb": 300},
            f"{MMAP}for _ in range(12): ctypes.memset(libc.mmap(0, 100 * 2**20, 3, 0x20122, -1, 0), 1, 100 * 2**20)\n"
            "import time; time.sleep(9)",
            "memory",
            "more than the 300 MB",
        ),
        (
            {"threads": 20},
            "import threading, time\nfor _ in range(50): threading.Thread(target=time.sleep, args=[9]).start()",
            "processes",
            "more than the 20 threads",
        ),
        ({"processor_seconds": 0.4}, "while True: pass", "timeout", "more than the 0.4 seconds of processor time"),
        (
            {"disk_mb": 20},
            "for n in range(30): open(f'{n}', 'wb').write(bytes(2**20))\nimport time; time.sleep(9)",
            "disk",
            "more than the 20 MB",
        ),
        ({"disk_mb": 20}, "for n in range(30): open(f'{n}', 'wb').write(bytes(2**20))", "disk", "more than the 20 MB"),
        ({"disk_mb": 20}, "open('large', 'wb').truncate(30 * 2**20)", "disk", "File too large"),
        ({"files": 50}, "for n in range(60): open(f'{n}', 'wb').close()", "disk", "more than the 50 files"),
        (
            {"disk_mb": 20},
            "import os\nkept = []\nfor n in range(30):\n    kept.append(open('gone', 'wb', 0))\n    os.unlink('gone')\n"
            "    kept[-1].write(bytes(2**20))\nimport time; time.sleep(9)",
            "disk",
            "deleted but still holds open",
        ),
        ({}, "import os\nos.fork()", "processes", "No other programs or processes"),
        ({}, "import subprocess\nsubprocess.run(['ls'])", "processes", "No other programs or processes"),
        ({}, "import os\nos.system('ls')", "processes", "No other programs or processes"),
    ],
)
async def test_each_limit_has_its_own_error(limits: dict[str, Any], code: str, kind: str, words: str):
    async with Sandbox(policy=Policy(["*"]), limits=Limits(**limits)) as box:
        await value(box, "kept = 1")
        error = await failure(box, f"kept = 2\n{code}")
        assert (error.kind, words in error.message) == (kind, True), error
        assert await value(box, "kept") == ("1" if ROLLED_BACK in error.message else "2")


async def test_a_full_workspace_is_emptied_by_going_back(box: Sandbox):
    async with Sandbox(limits=Limits(disk_mb=20)) as box:
        await value(box, "open('small', 'wb').write(bytes(2**20))")
        code = "import tempfile, os\nos.makedirs('a/b')\nopen('a/b/{n}', 'wb').write(bytes(15 * 2**20))\n"
        code += "open(f'{tempfile.gettempdir()}/c', 'wb').write(bytes(15 * 2**20))"
        assert (await failure(box, code)).kind == "disk"
        assert (
            await value(box, "os_names = __import__('os').listdir()\n[n for n in os_names if n != '.tmp']")
            == "['small']"
        )
