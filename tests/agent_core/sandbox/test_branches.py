"""Branches: going back without losing what came later, and over to it again."""

import asyncio
from pathlib import Path

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox import Sandbox
from agent_core.sandbox.aftermath import ROLLED_BACK, VARIABLES_LOST, VARIABLES_OLDER
from agent_core.sandbox.checkpoints import blob_store, checkpoints
from tests.agent_core.sandbox.support import checkpoints_of, failure, value


async def checkpoint(box: Sandbox, code: str) -> int:
    done = await box.run(code)
    assert done.error is None, done.error
    return done.checkpoint


async def settled(box: Sandbox) -> None:
    await checkpoints_of(box)._wait_for_background()


async def there(box: Sandbox) -> str | None:
    """What x and the file say."""
    return await value(box, "import os\n(globals().get('x'), open('x').read() if os.path.exists('x') else None)")


def both(text: str) -> str:
    return f"x = {text!r}\nopen('x', 'w').write(x)"


async def test_there_and_back_with_variables_and_files(box: Sandbox):
    start = await checkpoint(box, both("start"))
    first = await checkpoint(box, both("first"))
    assert (await box.rewind(start, keep_later=True), box.aftermath) == ((), "")
    second = await checkpoint(box, both("second"))
    assert second > first
    for number, text in ((first, "first"), (second, "second"), (start, "start"), (first, "first")):
        assert box.has_variables(number)
        assert (await box.rewind(number, keep_later=True), box.aftermath) == ((), "")
        assert await there(box) == f"('{text}', '{text}')"
        assert (await failure(box, "x = 0\nimport os; os._exit(1)")).message.endswith(ROLLED_BACK)


async def test_the_first_question_is_edited(box: Sandbox):
    box.begin_turn()
    first = await checkpoint(box, both("first"))
    await box.rewind(0, keep_later=True)
    box.begin_turn()
    assert await there(box) == "(None, None)"
    second = await checkpoint(box, both("second"))
    for number, text in ((first, "first"), (second, "second")):
        assert (await box.rewind(number, keep_later=True), box.aftermath) == ((), "")
        assert await there(box) == f"('{text}', '{text}')"


async def test_another_branch_never_stands_in_for_lost_variables(box: Sandbox):
    start = await checkpoint(box, both("start"))
    middle = await checkpoint(box, both("middle"))
    first = await checkpoint(box, both("first"))
    await box.rewind(start, keep_later=True)
    second = await checkpoint(box, both("second"))
    await settled(box)
    checkpoints_of(box).processes.drop([first])
    assert not box.has_variables(first)
    assert (await box.rewind(first, keep_later=True), box.aftermath) == ((), VARIABLES_OLDER)
    assert not box.has_variables(first)
    assert await there(box) == "('middle', 'first')"
    await settled(box)
    checkpoints_of(box).processes.drop([start, middle, first])
    assert (await box.rewind(middle, keep_later=True), box.aftermath) == ((), VARIABLES_LOST)
    assert await there(box) == "(None, 'middle')"
    assert box.has_variables(second)
    assert (await box.rewind(second), box.aftermath) == ((), "")
    assert await there(box) == "('second', 'second')"


async def test_what_is_not_to_be_kept_is_dropped_on_all_branches_after_it(box: Sandbox):
    start = await checkpoint(box, both("start"))
    parting = await checkpoint(box, both("parting"))
    first = await checkpoint(box, both("first"))
    await box.rewind(parting, keep_later=True)
    second = await checkpoint(box, both("second"))
    await box.rewind(start, keep_later=True)
    third = await checkpoint(box, both("third"))
    await box.rewind(parting)
    for gone in (first, second):
        assert not box.has_variables(gone)
        with pytest.raises(SandboxError, match=f"no checkpoint {gone}"):
            await box.rewind(gone)
    await box.rewind(third)
    assert await there(box) == "('third', 'third')"
    assert await checkpoint(box, "pass") > third


async def test_what_was_added_by_hand_stays_on_its_branch(box: Sandbox):
    start = await checkpoint(box, both("start"))
    first = await checkpoint(box, both("first"))
    (box.workspace / "given").write_text("given")
    await box.rewind(start, keep_later=True)
    assert not (box.workspace / "given").exists()
    await box.rewind(first, keep_later=True)
    assert (box.workspace / "given").read_text() == "given"


async def test_the_newest_of_each_branch_is_kept_longest(box: Sandbox):
    start = await checkpoint(box, both("start"))
    tips = []
    for n in range(3):
        await box.rewind(start, keep_later=True)
        await checkpoint(box, "pass")
        tips.append(await checkpoint(box, both(f"tip {n}")))
    await box.rewind(start, keep_later=True)
    for n in range(checkpoints.MOST_CHECKPOINTS):
        await checkpoint(box, f"x = {n}\nopen('x', 'w').write('last')")
    await settled(box)
    assert (
        len([number for number in checkpoints_of(box).processes.checkpoints if number]) == checkpoints.MOST_CHECKPOINTS
    )
    assert not box.has_variables(start)
    for n, tip in enumerate(tips):
        assert (await box.rewind(tip, keep_later=True), box.aftermath) == ((), "")
        assert await there(box) == f"('tip {n}', 'tip {n}')"


async def test_a_rest_leaves_the_newest_of_each_branch(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    monkeypatch.setattr(checkpoints, "IDLE_SECONDS", 0.2)
    start = await checkpoint(box, both("start"))
    first = await checkpoint(box, both("first"))
    await box.rewind(start, keep_later=True)
    second = await checkpoint(box, both("second"))
    await asyncio.sleep(1.0)
    await settled(box)
    assert [box.has_variables(number) for number in (start, first, second)] == [False, True, True]
    assert (await box.rewind(start, keep_later=True), box.aftermath) == ((), VARIABLES_LOST)
    assert (await box.rewind(first, keep_later=True), box.aftermath) == ((), "")
    assert await there(box) == "('first', 'first')"


async def test_variables_are_there_until_the_processes_end(box: Sandbox):
    first = await checkpoint(box, "x = 1")
    assert box.has_variables(first)
    await box.suspend()
    assert box.has_variables(0)
    assert not box.has_variables(first)
    assert not box.has_variables(first + 1)
    await value(box, "1")
    assert not box.has_variables(first)


@pytest.mark.here
async def test_where_contents_need_too_much_room_old_ones_go_before_the_newest_of_a_branch(
    monkeypatch: pytest.MonkeyPatch, box: Sandbox
):
    monkeypatch.setattr(blob_store, "CAPACITY", 3 * 40_960)
    start = await checkpoint(box, "def write(text): open('x', 'w').write(text * 40_960)\nwrite('0')")
    first = await checkpoint(box, "write('1')")
    await box.rewind(start, keep_later=True)
    await checkpoint(box, "write('2')")
    last = await checkpoint(box, "write('3')")
    assert (await failure(box, "write('4')\nimport os; os._exit(1)")).message.endswith(ROLLED_BACK)
    assert await value(box, "open('x').read(1)") == "3"
    assert await box.rewind(first, keep_later=True) == ()
    assert await value(box, "open('x').read(1)") == "1"
    assert await box.rewind(start, keep_later=True) == ("x",)
    assert await box.rewind(last, keep_later=True) == ()


@pytest.mark.here
async def test_a_file_that_is_added_while_a_step_runs_outlives_its_undoing(box: Sandbox, tmp_path: Path):
    (given := tmp_path / "given.txt").write_text("given")
    await value(box, "import os, time")
    step = asyncio.create_task(box.run("open('ready', 'w')\nwhile not os.path.exists('go'): pass\nos._exit(1)"))
    while not (box.workspace / "ready").exists():
        await asyncio.sleep(0.01)
    await box.add_files([given])
    (box.workspace / "go").touch()
    error = (await step).error
    assert error and error.message.endswith(ROLLED_BACK)
    assert [path.name for path in box.workspace.iterdir() if path.is_file()] == ["given.txt"]
