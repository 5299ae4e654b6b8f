"""Time, memory, Stop and crashes: whatever happens, the next step works."""

import asyncio
import time
from contextlib import aclosing

import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.step import VARIABLES_LOST

from .support import failure, value

STUBBORN = """
import time
while True:
    try:
        while True: time.sleep(0.01)
    except BaseException:
        pass
"""


async def test_an_endless_loop_is_interrupted_and_variables_stay(box: Sandbox):
    box.limits = Limits(step_seconds=0.3)
    done = await box.run("kept = 1\nprint('started')\nwhile True: pass")
    assert done.error is not None
    assert done.error.kind == "timeout"
    assert done.error.message == ("The code ran longer than the 0.3 seconds it may take. Variables are still there.")
    assert (done.stdout, box.variables_lost) == ("started\n", False)
    assert await value(box, "kept") == "1"


@pytest.mark.parametrize("code", ["import time\ntime.sleep(60)", "import threading\nthreading.Event().wait()"])
async def test_waiting_is_interrupted_too(box: Sandbox, code: str):
    box.limits = Limits(step_seconds=0.2)
    assert "still there" in (await failure(box, code)).message


@pytest.mark.parametrize(
    "code",
    [STUBBORN, "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "sum(range(10**12))"],
)
async def test_code_that_cannot_be_interrupted_is_killed(box: Sandbox, code: str):
    box.limits = Limits(step_seconds=0.3)
    box.policy = Policy(["*"])
    await box.run("kept = 1")
    error = await failure(box, code)
    assert error.kind == "timeout"
    assert error.message.endswith(VARIABLES_LOST)
    assert box.variables_lost
    assert "NameError" in (await failure(box, "kept")).message
    assert not box.variables_lost


async def test_slow_drawing_is_part_of_the_step(box: Sandbox):
    box.limits = Limits(step_seconds=0.3)
    code = "class Slow:\n    def __repr__(self):\n        while True: pass\nSlow()"
    assert (await failure(box, code)).kind == "timeout"


@pytest.mark.parametrize("code", ["while True: pass", "while True: print('x' * 1_000_000)", "while True: display(1)"])
async def test_stop_by_closing_the_stream(box: Sandbox, code: str):
    await box.run("kept = 1")
    async with aclosing(box.stream(f"print('started')\n{code}")) as events:
        async for _ in events:
            break
        before = time.monotonic()
    assert time.monotonic() - before < 1
    assert not box.variables_lost
    assert await value(box, "kept") == "1"


async def test_stop_by_cancelling_the_task(box: Sandbox):
    task = asyncio.create_task(box.run(STUBBORN))
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.sleep(0.1)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.variables_lost
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
        ("import os, signal; os.killpg(0, signal.SIGKILL)", "Killed"),
    ],
)
async def test_a_crash_is_told_and_the_next_step_works(box: Sandbox, code: str, how: str):
    box.policy = Policy(["*"])
    done = await box.run(f"print('before', flush=True)\n{code}")
    assert done.error is not None
    assert (done.error.kind, done.stdout) == ("crash", "before\n")
    assert done.error.message == f"The Python process ended unexpectedly ({how}). {VARIABLES_LOST}"
    assert box.variables_lost
    assert await value(box, "1 + 1") == "2"


async def test_a_worker_that_ends_between_steps(box: Sandbox):
    await box.run("import threading, os\nthreading.Timer(0.1, os._exit, [4]).start()")
    await asyncio.sleep(0.3)
    error = await failure(box, "1")
    assert error.kind == "crash"
    assert VARIABLES_LOST in error.message
    assert await value(box, "1") == "1"
