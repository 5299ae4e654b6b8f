"""Time, memory, Stop and crashes: whatever happens, the next step works."""

import asyncio
import time
from contextlib import aclosing

import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.sandbox import ROLLED_BACK

from .support import failure, value

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
    assert (done.stdout, box.rolled_back, box.variables_lost) == ("started\n", True, False)
    assert await value(box, "kept") == "1"
    assert not box.rolled_back


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
    assert box.rolled_back
    assert await value(box, "kept") == "1"


async def test_stop_by_cancelling_the_task(box: Sandbox):
    task = asyncio.create_task(box.run(STUBBORN))
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.sleep(0.1)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.rolled_back
    assert await value(box, "1 + 1") == "2"


async def test_stop_while_the_worker_starts():
    async with Sandbox() as box:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(box.run("import time; time.sleep(60)"), 0.001)
        assert await value(box, "1 + 1") == "2"


async def test_memory_that_runs_out_is_an_error_and_variables_stay(box: Sandbox):
    box.limits = Limits(memory_mb=500)
    error = await failure(box, "kept = 1\ndata = bytearray(10**9)")
    assert error.kind == "memory"
    assert "more than the 500 MB of memory" in error.message
    error = await failure(box, "hoard = []\nwhile True:\n    hoard.append([0] * 1000)")
    assert error.kind == "memory"
    assert await value(box, "del hoard\nkept") == "1"
    assert (await failure(box, "import numpy\nnumpy.ones(10**9)")).kind == "memory"
    box.limits = Limits(memory_mb=2000)
    assert await value(box, "len(bytearray(10**9))") == "1000000000"


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
    assert box.rolled_back
    assert await value(box, "kept") == "1"


async def test_threads_stand_still_between_steps(box: Sandbox):
    code = "import threading, time\ncount = 0\ndef work():\n    global count\n    while True: count += 1; time.sleep(0.001)"
    await value(box, f"{code}\nthreading.Thread(target=work, daemon=True).start()\ntime.sleep(0.1)")
    await asyncio.sleep(0.3)  # by now the checkpoint is made
    before = int(await value(box, "count") or 0)
    await asyncio.sleep(1.0)
    assert before < int(await value(box, "count") or 0) < before + 500


async def test_a_thread_that_ends_the_process_ends_the_step(box: Sandbox):
    await value(box, "import threading, os, time\nthreading.Timer(0.2, os._exit, [4]).start()")
    error = await failure(box, "time.sleep(20)")
    assert (error.kind, box.rolled_back) == ("crash", True)
    assert "exit status 4" in error.message
    assert await value(box, "1") == "1"
