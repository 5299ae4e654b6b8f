"""A chat that sleeps: its processes end, its variables lie in its history, and the next step has them."""

import asyncio
import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from agent_core import disk_space
from agent_core.errors import SandboxError
from agent_core.sandbox import Limits, Sandbox
from agent_core.sandbox.aftermath import LOST_BEFORE, VARIABLES_LOST
from agent_core.sandbox.checkpoints import saved_variables
from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.sandbox.checkpoints.saved_variables import SavedVariables
from agent_core.sandbox.host import variable_transfer
from agent_core.sandbox.host.processes import Processes
from agent_core.sandbox.host.zygote_process import zygote
from tests.agent_core.sandbox.support import checkpoints_of, failure, value

OF_ALL_KINDS = """
import collections, dataclasses, datetime, enum, functools, random, re
import numpy as np, pandas as pd, matplotlib.pyplot as plt
rate = 2
shared = [1]
both = (shared, {"shared": shared})
table = pd.DataFrame({"a": [1, 2]})
array = np.arange(3)
figure, axes = plt.subplots()
axes.plot([1, 2])
def taxed(amount):
    return amount * rate
def counter():
    count = 0
    def further():
        nonlocal count
        count += 1
        display(count)
        return count
    return further
count = counter()
half = functools.partial(taxed, 0.5)
double = lambda x: taxed(x)
class Colour(enum.Enum):
    RED = 1
class Base:
    def name(self):
        return f"{type(self).__name__} {rate}"
class Derived(Base):
    def name(self):
        return "derived " + super().name()
@dataclasses.dataclass
class Point:
    x: int
    y: int = 2
Pair = collections.namedtuple("Pair", "first second")
point, thing, pair, red = Point(1), Derived(), Pair(1, 2), Colour.RED
rows = iter([1, 2, 3]); next(rows)
pattern, when = re.compile("a+"), datetime.date(2026, 1, 1)
_private = 5
@functools.lru_cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
with open("a.txt", "w") as file:
    file.write("a")
pd.set_option("display.max_rows", 7)
np.set_printoptions(precision=2)
plt.rcParams["figure.figsize"] = (3, 2)
import os
os.makedirs("below", exist_ok=True); os.chdir("below")
random.seed(1); random.random()
"a last value"
"""
LOOK = """
before = random.getstate()
random.seed(1); random.random()
same = random.getstate() == before
rate = 3
found = [both[0] is shared and both[1]["shared"] is shared, table["a"].sum(), array.tolist(), len(axes.lines), taxed(2),
    count(), half(), double(4), thing.name(), point == Point(1), pair.second, red is Colour.RED, next(rows),
    pattern.match("aa").group(), when.year, _private, pd.get_option("display.max_rows"), fibonacci(10), file.closed,
    np.get_printoptions()["precision"], plt.rcParams["figure.figsize"], os.path.basename(os.getcwd()), same]
found == [True, 3, [0, 1, 2], 1, 6, 1, 1.5, 12, "derived Derived 3", True, 2, True, 2, "aa", 2026, 5, 7, 55, True, 2,
    [3.0, 2.0], "below", True] or found
"""


@pytest.fixture
def open_box(tmp_path: Path) -> Callable[..., Sandbox]:
    (tmp_path / "workspace").mkdir(exist_ok=True)
    return lambda **options: Sandbox(workspace=tmp_path / "workspace", history=tmp_path / "history", **options)


async def sleep(box: Sandbox, *, only_whole: bool = True) -> Loss | Literal["awake"] | None:
    loss = await box.suspend(only_whole=only_whole)
    return loss if not box.is_awake else "awake"


async def test_variables_of_all_kinds_are_there_again_with_what_they_share(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, OF_ALL_KINDS)
        assert await sleep(box) is None and box.has_variables(1)
        assert await value(box, "_") == "a last value"
        done = await box.run(LOOK)
        assert (done.value, done.note, done.error) == ("True", "", None)
        assert set(done.variables) <= {"before", "same", "rate", "found", "rows", "count"}, "only what is new"
        assert "    return amount * rate" in (await failure(box, "taxed(None)")).traceback


async def test_what_cannot_be_pickled_keeps_a_chat_awake_or_is_lost_by_name(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(
            box, "import threading\nlock, steps, x = threading.Lock(), (i for i in 'ab'), 5\nf = lambda: (x, lock)"
        )
        assert await sleep(box) == "awake" and box.has_variables(1)
        assert await value(box, "next(steps)") == "a", "what was written is a copy"
        assert sorted(await sleep(box, only_whole=False) or ()) == ["lock", "steps"]
        assert not box.is_awake and not box.has_variables(2)
    async with open_box() as box:
        assert not box.has_variables(2)
        done = await box.run("x")
        assert done.value == "5" and "lock" in done.note and "steps" in done.note
        assert "lock" in (await failure(box, "f()")).message
        assert box.aftermath == ""


async def test_what_could_be_written_but_not_read_again_is_lost_alone(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, "class Here:\n    def __reduce__(self):\n        return 'here'\nhere, x = Here(), 1")
        assert await sleep(box) == "awake"
        assert await sleep(box, only_whole=False) == ("here",)
        assert await value(box, "x, Here.__name__") == "(1, 'Here')"


async def test_what_is_too_much_is_lost_and_the_rest_is_kept(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, "import numpy as np\nlarge = np.ones(9 * 2**20)\nalso_large = np.ones(7 * 2**20)\nsmall = 1")
        assert await sleep(box) == "awake"
        assert await sleep(box, only_whole=False) == ("large",)
        assert await value(box, "len(also_large), small") == f"({7 * 2**20}, 1)"


async def test_a_restarted_app_and_a_rewind_find_them_and_earlier_checkpoints_have_files_only(
    open_box: Callable[..., Sandbox],
):
    async with open_box() as box:
        await value(box, "x = 1\nopen('x', 'w').write('1')")
        await value(box, "x = 2\nopen('x', 'w').write('2')")
        await sleep(box)
    async with open_box() as box:
        assert [box.has_variables(number) for number in range(3)] == [True, False, True]
        assert await box.rewind(2) == () and box.aftermath == ""
        assert await value(box, "x, open('x').read()") == "(2, '2')"
        assert (await failure(box, "x = 3; import os; os._exit(1)")).kind == "crash"
        assert await value(box, "x") == "2"
        await box.rewind(1, keep_later=True)
        assert box.aftermath == VARIABLES_LOST
        assert await value(box, "open('x').read()") == "1"
        await box.rewind(2, keep_later=True)
        assert await value(box, "x") == "2" and box.aftermath == ""
        await box.rewind(0)
        assert not box.has_variables(2)


ONLY_WHEN_LOADED = "import sys\nif 'here' not in sys.modules:\n    {}"
LOADED = """
import sys
sys.modules["here"] = sys
class Bomb:
    def __reduce__(self):
        return exec, ({code!r},)
bomb, x = Bomb(), 1
"""
_BOMBS = {
    "a loop": "while True: pass",
    "memory": "x = [bytes(2**20) for _ in range(2_000)]",
    "an end": "import os; os._exit(0)",
    "an exit": "raise SystemExit",
    "a lie": "import os; os.close(5)",
}


@pytest.mark.parametrize("code", _BOMBS.values(), ids=_BOMBS)
async def test_a_bomb_costs_its_own_chat_its_variables_and_nothing_else(
    open_box: Callable[..., Sandbox], code: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(variable_transfer, "_READ_SECONDS", 2.0)
    async with open_box(limits=Limits(memory_mb=512)) as box, Sandbox() as other:
        await value(box, LOADED.format(code=ONLY_WHEN_LOADED.format(code)))
        await value(other, "y = 7")
        async with asyncio.timeout(60):
            assert await sleep(box) is None, "what is tried in the copy passes there"
            done = await box.run("y = 1")
            assert done.note == LOST_BEFORE and await value(box, "y") == "1"
        assert await value(other, "y") == "7"


async def test_pickling_that_never_ends_keeps_nothing_within_its_time(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, LOADED.format(code="while True: pass"))
        async with asyncio.timeout(30):
            assert await box.suspend(only_whole=True, seconds=1.0) is None and box.is_awake
            assert await value(box, "x") == "1"
            assert await box.suspend(seconds=1.0) == "all"
        assert (await box.run("1")).note == LOST_BEFORE


async def test_who_stops_while_variables_are_loaded_finds_them_at_the_next_step(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, LOADED.format(code=ONLY_WHEN_LOADED.format("import time; time.sleep(3)")))
        await sleep(box)
        step = asyncio.create_task(box.run("x"))
        await asyncio.sleep(0.5)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        assert await value(box, "x") == "1"


@pytest.mark.parametrize("fault", ["closed", "killed"])
async def test_a_chat_that_ends_while_variables_are_loaded_has_them_the_next_time(
    open_box: Callable[..., Sandbox], fault: str
):
    async with open_box() as box:
        await value(box, LOADED.format(code=ONLY_WHEN_LOADED.format("import time; time.sleep(3)")))
        await sleep(box)
        step = asyncio.create_task(box.run("x"))
        await asyncio.sleep(0.5)
        if fault == "closed":
            await box.close()
            with pytest.raises(SandboxError):
                await step
        else:
            assert zygote.process
            zygote.process.kill()
            assert VARIABLES_LOST in str((await step).error)
            await box.rewind(1)
            assert box.aftermath == ""
    async with open_box() as box:
        assert await value(box, "x") == "1"


async def test_who_stops_while_loaded_variables_become_a_checkpoint_loses_none(
    open_box: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
):
    make, begun = Processes.make_checkpoint, threading.Event()

    def slowly(self: Processes, checkpoint: int) -> None:
        make(self, checkpoint)
        begun.set()
        time.sleep(0.3)

    async with open_box() as box:
        await value(box, "x = 1")
        await sleep(box)
        monkeypatch.setattr(Processes, "make_checkpoint", slowly)
        step = asyncio.create_task(box.run("x"))
        await asyncio.to_thread(begun.wait, 60)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        assert await value(box, "x") == "1"


async def test_without_a_free_descriptor_a_chat_stays_awake_with_its_variables(
    open_box: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
):
    pipe, calls = os.pipe, count()

    def second_fails() -> tuple[int, int]:
        if next(calls) == 1:  # the first is the worker's
            raise OSError(errno.EMFILE, "Too many open files")
        return pipe()

    async with open_box() as box:
        await value(box, "x = 1")
        await checkpoints_of(box)._wait_for_background()
        monkeypatch.setattr(os, "pipe", second_fails)
        assert await sleep(box) == "awake"
        assert await value(box, "x") == "1"


async def test_variables_use_nothing_of_what_a_full_disk_keeps_free(
    open_box: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_box() as box:
        await value(box, "x = 1")
        monkeypatch.setattr(disk_space, "RESERVE", 2**60)
        monkeypatch.setattr(disk_space, "_PART", 1)
        assert await sleep(box) == "awake" and not (tmp_path / "history" / "sleep").exists()
        assert await value(box, "x") == "1"


async def test_a_chat_that_is_deleted_while_its_variables_are_written_stays_deleted(
    open_box: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    finish = SavedVariables.finish

    def too_late(self: SavedVariables, checkpoint: int, lost: tuple[str, ...]) -> None:
        shutil.rmtree(tmp_path / "history")
        finish(self, checkpoint, lost)

    async with open_box() as box:
        await value(box, "x = 1")
        monkeypatch.setattr(SavedVariables, "finish", too_late)
        await sleep(box)
        assert not (tmp_path / "history").exists()


async def test_a_step_that_comes_meanwhile_finds_the_chat_awake(open_box: Callable[..., Sandbox]):
    async with open_box() as box:
        await value(box, "x = 1")
        sleeping = asyncio.create_task(box.suspend())
        await asyncio.sleep(0.02)
        assert await value(box, "x") == "1"
        assert await sleeping is None


async def test_variables_that_cannot_be_written_or_are_of_another_python_are_lost(
    open_box: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_box() as box:
        await value(box, "x = 1")
        (tmp_path / "history" / "sleep").write_text("in the way")
        assert await sleep(box, only_whole=False) == "all"
        (tmp_path / "history" / "sleep").unlink()
        await value(box, "x = 2")
        assert await sleep(box) is None
    monkeypatch.setattr(saved_variables, "_PYTHON", "cpython-399")
    async with open_box() as box:
        assert not box.has_variables(2) and (await box.run("1")).note == LOST_BEFORE
