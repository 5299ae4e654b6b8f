"""Going back: variables and files as they were, by itself after a killed step, and when asked."""

import asyncio
from contextlib import aclosing, suppress

import psutil
import pytest

from agent_core.errors import Busy, SandboxError
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.aftermath import ROLLED_BACK, VARIABLES_LOST, VARIABLES_OLDER
from agent_core.sandbox.checkpoints import checkpoints
from agent_core.sandbox.guest.confinement import watchdog
from agent_core.sandbox.host.zygote_process import zygote
from tests.agent_core.sandbox.support import checkpoints_of, failure, value


async def checkpoint(box: Sandbox, code: str) -> int:
    done = await box.run(code)
    assert done.error is None, done.error
    return done.checkpoint


def processes(box: Sandbox) -> list[int]:
    """The checkpoints of variables that are kept beside the start, once all is settled."""
    return [number for number in checkpoints_of(box).processes.checkpoints if number]


async def settled(box: Sandbox) -> None:
    await checkpoints_of(box)._wait_for_background()


async def test_variables_and_files_go_back(box: Sandbox):
    first = await checkpoint(box, "x = [1]\nopen('a.txt', 'w').write('one')")
    await checkpoint(box, "x.append(2)\nopen('a.txt', 'w').write('two')\nopen('b.txt', 'w').write('new')\ny = 1")
    assert (await box.rewind(first), box.aftermath) == ((), "")
    assert await value(box, "import os\n(x, 'y' in globals(), open('a.txt').read(), os.path.exists('b.txt'))") == (
        "([1], False, 'one', False)"
    )


async def test_twice_from_the_same_checkpoint(box: Sandbox):
    start = await checkpoint(box, "import random, numpy\nrows = [0]\ndef add(n): rows.append(n); return list(rows)")
    for n in range(3):
        await box.rewind(start)
        assert await value(box, f"add({n})") == f"[0, {n}]"
        assert await value(box, "add(9)") == f"[0, {n}, 9]"


async def test_later_checkpoints_are_dropped_and_numbers_are_never_used_twice(box: Sandbox):
    numbers = [await checkpoint(box, f"x = {n}") for n in range(4)]
    assert numbers == sorted(set(numbers))
    await box.rewind(numbers[1])
    with pytest.raises(SandboxError, match=f"no checkpoint {numbers[2]}"):
        await box.rewind(numbers[2])
    assert await checkpoint(box, "x = 10") > numbers[3]
    await box.rewind(numbers[0])
    assert await value(box, "x") == "0"


async def test_back_to_the_start(box: Sandbox):
    assert (await box.rewind(0), box.aftermath) == ((), "")
    await value(box, "x = 1\nopen('a.txt', 'w').close()")
    assert (await box.rewind(0), box.aftermath) == ((), "")
    assert await value(box, "import os\n('x' in globals(), os.listdir())") == "(False, ['.tmp'])"


async def test_an_error_is_a_checkpoint_like_any_other(box: Sandbox):
    done = await box.run("x = 1\n1 / 0")
    await value(box, "x = 2")
    await box.rewind(done.checkpoint)
    assert await value(box, "x") == "1"


@pytest.mark.parametrize("end", ["import os; os._exit(1)", "while True: pass"])
async def test_a_killed_step_is_undone_with_its_files(box: Sandbox, end: str):
    before = await checkpoint(box, "x = 1\nopen('a.txt', 'w').write('one')")
    box.limits = Limits(step_seconds=0.3)
    done = await box.run(f"x = 2\nopen('a.txt', 'w').write('two')\nopen('b.txt', 'w').close()\n{end}")
    assert done.error is not None
    assert done.error.message.endswith(ROLLED_BACK)
    assert done.checkpoint == before
    assert await value(box, "import os\n(x, open('a.txt').read(), sorted(os.listdir()))") == (
        "(1, 'one', ['.tmp', 'a.txt'])"
    )


async def test_killed_again_and_again(box: Sandbox):
    await value(box, "x = 1")
    for _ in range(3):
        assert (await failure(box, "x = 2\nimport os; os._exit(1)")).message.endswith(ROLLED_BACK)
        assert await value(box, "x") == "1"
    assert (await failure(box, "import os; os._exit(1)")).message.endswith(ROLLED_BACK)
    assert (await failure(box, "import os; os._exit(1)")).message.endswith(ROLLED_BACK)
    assert await value(box, "x") == "1"


async def test_without_a_checkpoint_the_variables_are_gone_and_it_says_so(box: Sandbox):
    await value(box, "x = 1")
    await settled(box)
    checkpoints_of(box).processes.drop(processes(box))
    error = await failure(box, "import os; os._exit(1)")
    assert error.message.endswith(VARIABLES_LOST)
    assert box.aftermath == VARIABLES_LOST
    assert "NameError" in (await failure(box, "x")).message


async def test_open_files_do_not_go_back_but_stay_open(box: Sandbox):
    start = await checkpoint(box, "log = open('log.txt', 'w')\nlog.write('one\\n')\nlog.flush()")
    await value(box, "log.write('two\\n')\nlog.flush()")
    await box.rewind(start)
    assert await value(box, "log.closed") == "False"
    assert await value(box, "open('log.txt').read()") == "one\n"


async def test_what_a_step_started_in_threads_does_not_come_back(box: Sandbox):
    code = (
        "import threading, time\nthread = threading.Thread(target=time.sleep, args=[60], daemon=True)\nthread.start()"
    )
    start = await checkpoint(box, code)
    await value(box, "1")
    await box.rewind(start)
    assert await value(box, "thread.is_alive(), threading.active_count()") == "(False, 1)"


async def test_this_turn_and_the_last_step_of_each_older_one_are_kept(box: Sandbox):
    for _ in range(3):
        box.begin_turn()
        for _ in range(3):
            await checkpoint(box, "pass")
    await settled(box)
    assert processes(box) == [3, 6, 7, 8, 9]


async def test_no_more_checkpoints_than_twenty_and_older_files_all_the_same(box: Sandbox):
    first = await checkpoint(box, "open('a.txt', 'w').write('one')\nx = 1")
    for _ in range(22):
        await checkpoint(box, "open('a.txt', 'w').write('more')\nx = 2")
    await settled(box)
    assert len(processes(box)) == checkpoints.MOST_CHECKPOINTS
    assert (await box.rewind(first), box.aftermath) == ((), VARIABLES_LOST)
    assert await value(box, "('x' in globals(), open('a.txt').read())") == "(False, 'one')"


def stopped_with(megabytes: int) -> int:
    """How many checkpoints there really are that hold so much memory: those that were ended no longer do."""
    count = 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            is_stopped = process.status() == psutil.STATUS_STOPPED
            count += is_stopped and process.memory_info().rss > megabytes * 2**20
    return count


@pytest.mark.here
async def test_checkpoints_give_way_where_they_take_too_much_memory():
    most = (350 + watchdog.CHECKPOINTS_MB) // 150 + 1  # the last two hold the same
    async with Sandbox(limits=Limits(memory_mb=350)) as box:
        for n in range(8):  # each copy holds 150 MB of its own, by the time the next step has replaced it
            await value(box, f"import os\ndata = None\ndata = bytearray(b'x') * (150 * 2**20)\nn = {n}")
        # A step that goes on: the watchdog looks while it runs, and no further checkpoint is made meanwhile.
        going_on = asyncio.create_task(box.run("import time\nwhile not os.path.exists('go'): time.sleep(0.05)"))
        async with asyncio.timeout(60):
            while stopped_with(megabytes=150) > most:
                await asyncio.sleep(0.1)
        (box.workspace / "go").touch()
        assert (await going_on).error is None
        assert (await failure(box, "import os; os._exit(1)")).message.endswith(ROLLED_BACK)
        assert await value(box, "n, len(data)") == f"(7, {150 * 2**20})"


async def test_large_files_that_cannot_be_restored_are_named(box: Sandbox):
    start = await checkpoint(box, "open('large.bin', 'wb').truncate(100 * 2**20)")
    await value(box, "open('large.bin', 'wb').write(b'other')")
    assert (await box.rewind(start), box.aftermath) == (("large.bin",), "")


@pytest.mark.here
async def test_an_idle_chat_keeps_only_a_checkpoint_and_goes_on_from_it(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    monkeypatch.setattr(checkpoints, "IDLE_SECONDS", 0.2)
    await value(box, "x = 1")
    last = await checkpoint(box, "x = 2\nimport os\npid = os.getpid()")
    pid = int(await value(box, "pid") or 0)
    async with asyncio.timeout(20):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)
    await settled(box)
    assert processes(box) == [last + 1]
    assert await value(box, "x, pid") == f"(2, {pid})"
    assert (await failure(box, "x = 3\nos._exit(1)")).message.endswith(ROLLED_BACK)
    assert await value(box, "x") == "2"


@pytest.mark.here
async def test_a_zygote_that_died_is_told_as_a_loss(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    monkeypatch.setattr(checkpoints, "IDLE_SECONDS", 0.2)
    await value(box, "x = 1")
    await asyncio.sleep(1.0)  # idle: there is no worker whose end would be noticed
    zygote.close()
    error = await failure(box, "x")
    assert "NameError" in error.message
    assert error.message.endswith(VARIABLES_LOST)


async def test_no_rewind_while_a_step_runs(box: Sandbox):
    await value(box, "x = 1")
    async with aclosing(box.stream("print('running', flush=True)\nwhile True: pass")) as events:
        await anext(events)
        with pytest.raises(Busy):
            await box.rewind(1)
    assert (await box.rewind(1), box.aftermath) == ((), "")


async def test_a_closed_sandbox_does_not_rewind():
    async with Sandbox() as box:
        await value(box, "x = 1")
    with pytest.raises(SandboxError, match="closed"):
        await box.rewind(1)


async def test_generators_classes_and_modules_survive(box: Sandbox):
    box.policy = Policy(["*"])
    code = "import sqlite3, itertools\ncount = itertools.count(5)\nrows = sqlite3.connect(':memory:')\n"
    code += "rows.execute('create table t (n)')\nclass A:\n    n = 1\na = A()\n"
    code += "lines = (n * n for n in range(9))\nnext(lines)"
    start = await checkpoint(box, code)
    await value(box, "next(count), next(lines), rows.execute('insert into t values (1)')\nA.n = 2")
    await box.rewind(start)
    assert await value(box, "next(count), next(lines), list(rows.execute('select * from t')), a.n") == "(5, 1, [], 1)"


async def test_files_that_were_put_there_between_two_steps_stay(box: Sandbox):
    await value(box, "x = 1")
    (box.workspace / "given.txt").write_text("given")
    await failure(box, "open('given.txt', 'w').close()\nimport os; os._exit(1)")
    assert await value(box, "open('given.txt').read()") == "given"


async def test_where_the_last_checkpoint_is_gone_the_one_before_it_serves(box: Sandbox):
    await value(box, "x = 1")
    await checkpoint(box, "y = 2")
    await settled(box)
    checkpoints_of(box).processes.drop([2])
    error = await failure(box, "import os; os._exit(1)")
    assert error.message.endswith(VARIABLES_OLDER)
    assert await value(box, "x, 'y' in globals()") == "(1, False)"


async def test_a_worker_whose_own_workings_are_broken_goes_back_further(box: Sandbox):
    box.policy = Policy(["*"])
    await value(box, "x = 1")
    await checkpoint(box, "import ast\nast.parse = None")
    await settled(box)
    await box.run("x")  # which may meet what is broken, or the checkpoint before it already
    assert await value(box, "x, 'ast' in globals()") == "(1, False)"


@pytest.mark.here
async def test_holes_of_a_file_stay_holes_and_what_was_not_kept_does_not_pile_up():
    async with Sandbox(limits=Limits(disk_mb=64)) as box:
        await value(box, "for name in 'abcdefgh': open(name, 'wb').truncate(60 * 2**20)")
        fill = "for name in 'abcdefgh':\n    open(name, 'r+b').write(bytes([1]) * 20 * 2**20)"
        assert (await failure(box, fill)).kind == "disk"
        sizes = [path.stat().st_blocks * 512 for path in box.workspace.iterdir()]
        assert sum(size < 2**20 for size in sizes) >= 4  # those that were kept
        assert sum(sizes) <= 64 * 2**20


async def test_closing_while_going_back_leaves_nothing():
    for delay in (0.0, 0.002, 0.01):
        box = Sandbox()
        await value(box, "for n in range(500): open(f'f{n}', 'w').write('x')")
        box.limits = Limits(step_seconds=0.2)
        step = asyncio.create_task(box.run("for n in range(500): open(f'f{n}', 'w').write('y')\nwhile True: pass"))
        await asyncio.sleep(0.2 + delay)
        await box.close()
        await asyncio.wait([step])
        assert not box.workspace.exists()


async def test_a_chat_of_very_many_steps_goes_on(box: Sandbox):
    await value(box, "n = 0")
    for _ in range(150):
        await value(box, "n += 1")
    assert await value(box, "n") == "150"
    await settled(box)
    below = psutil.Process().children(recursive=True)
    dead = [process for process in below if process.status() == psutil.STATUS_ZOMBIE]
    assert len(dead) <= 3


@pytest.mark.here
async def test_the_chat_after_many_open_ones_has_checkpoints_too():
    boxes = [Sandbox(limits=Limits(step_seconds=0.3)) for _ in range(64)]
    try:
        for box in boxes:
            await value(box, "kept = 41")
        assert (await failure(boxes[-1], "while True: pass")).kind == "timeout"
        assert await value(boxes[-1], "kept") == "41"
    finally:
        for box in boxes:
            await box.close()
