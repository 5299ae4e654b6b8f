"""Versions of files that last: wherever the app is killed, the files are as after the last step that ended."""

import errno
import itertools
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_core.sandbox import Limits
from agent_core.sandbox.checkpoints import file_history, saved_tree, saved_versions
from agent_core.sandbox.checkpoints.file_history import ALL_FILES, FileHistory

_WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.utime"}
LIMITS = Limits()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history"


def opened(workspace: Path, history: Path) -> FileHistory:
    files = FileHistory(workspace, history)
    assert files.load(LIMITS, 0) == []
    return files


def write_state(workspace: Path, number: int) -> None:
    """What a step does that ends with this checkpoint: it changes, adds and removes files."""
    for path in workspace.glob("only*"):
        path.unlink()
    (workspace / "state").write_text(str(number) * 1_000)
    (workspace / f"only{number}").write_text("x")


def state(workspace: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in workspace.iterdir()}


def state_at(number: int) -> dict[str, str]:
    return {"state": str(number) * 1_000, f"only{number}": "x"} if number else {}


def make_step(files: FileHistory, workspace: Path) -> int:
    files.begin_change()
    write_state(workspace, files.tree.last + 1)
    number = files.tree.add()
    files.rest()
    return number


def live(workspace: Path, history: Path, ended: Callable[[int], object]) -> None:
    """A chat of three steps, one that is undone, a branch, and a way back."""
    files = FileHistory(workspace, history)
    files.load(LIMITS, 0)
    files.keep(0)
    for _ in range(2):
        ended(make_step(files, workspace))
        files.keep(files.tree.now)
    files.begin_change()
    write_state(workspace, 7)
    files.restore(LIMITS)
    files.tree.now = 1
    files.begin_change()
    files.restore(LIMITS)
    ended(1)
    files.forget_outdated()
    files.tree.turn_ends.add(1)
    ended(make_step(files, workspace))
    files.keep(files.tree.now)
    files.tree.drop_after(0)
    files.begin_change()
    files.restore(LIMITS)
    ended(0)
    files.forget_outdated()


def killed_at(write: int, workspace: Path, history: Path) -> list[int] | None:
    """Let a process live that kills itself before a write. Returns the checkpoints it stood at; None if it ended."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        left = write

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if event in _WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            live(workspace, history, lambda number: os.write(writing, bytes([number])))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        stood_at = [0, *pipe.read()]
    return stood_at if os.WIFSIGNALED(os.waitpid(pid, 0)[1]) else None


def test_wherever_it_is_killed(tmp_path: Path):
    whole = [0, 1, 2, 1, 3, 0]
    seen = set[int]()
    for write in itertools.count():
        workspace, history = tmp_path / f"workspace{write}", tmp_path / f"history{write}"
        if (stood_at := killed_at(write, workspace, history)) is None:
            break
        assert stood_at == whole[: len(stood_at)]
        files = opened(workspace, history)
        following = whole[len(stood_at)] if len(stood_at) < len(whole) else 0
        assert files.tree.now in (stood_at[-1], following), f"killed before write {write}"
        assert state(workspace) == state_at(files.tree.now), f"killed before write {write}"
        seen.add(files.tree.now)
        files.keep(files.tree.now)
        assert make_step(files, workspace) > max(stood_at)
    assert len(list(tmp_path.glob("history*"))) > 40
    assert seen == {0, 1, 2, 3}


def test_versions_and_branches_are_there_again(workspace: Path, history: Path):
    files = opened(workspace, history)
    files.keep(0)
    for start in (0, 0, 2, 1):
        files.tree.now = start
        files.begin_change()
        files.restore(LIMITS)
        files.keep(make_step(files, workspace))
    files.tree.turn_ends = {0, 2}
    files.forget_outdated()
    files.close()
    again = opened(workspace, history)
    assert (again.tree.now, again.tree.last, again.tree.turn_ends) == (4, 4, {0, 2})
    assert again.tree.parents == {1: 0, 2: 0, 3: 2, 4: 1}
    for number in (3, 0, 2, 1, 4):
        again.tree.now = number
        assert again.restore(LIMITS) == []
        assert state(workspace) == state_at(number)


def test_files_of_odd_names_links_and_folders_last(workspace: Path, history: Path):
    files = opened(workspace, history)
    (workspace / "folder" / "inner").mkdir(parents=True)
    (workspace / "folder" / os.fsdecode(b"\xff\n")).write_text("odd")
    (workspace / "link").symlink_to(os.fsdecode(b"nowhere\xff"))
    (workspace / "script").write_text("x")
    (workspace / "script").chmod(0o751)
    os.mkfifo(workspace / "pipe")
    files.keep(0)
    files.begin_change()
    for path in (workspace / "link", workspace / "script", workspace / "pipe"):
        path.unlink()
    (workspace / "folder" / os.fsdecode(b"\xff\n")).write_text("changed")
    again = FileHistory(workspace, history)
    assert again.load(LIMITS, 0) == ["pipe"]
    assert (workspace / "folder" / os.fsdecode(b"\xff\n")).read_text() == "odd"
    assert (workspace / "link").readlink() == Path(os.fsdecode(b"nowhere\xff"))
    assert (workspace / "script").stat().st_mode & 0o777 == 0o751
    assert (workspace / "folder" / "inner").is_dir()


def test_files_that_were_added_since_the_last_step_stay(workspace: Path, history: Path):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))
    (workspace / "by hand").write_text("x")
    assert state(workspace) == state_at(1) | {"by hand": "x"}
    files = opened(workspace, history)
    files.keep(1)
    (workspace / "added").write_text("x")
    files.add(["added"])
    files.begin_change()
    (workspace / "added while it runs").write_text("x")
    files.add(["added while it runs"])
    (workspace / "added").unlink()
    opened(workspace, history)
    assert state(workspace) == state_at(1) | dict.fromkeys(("by hand", "added", "added while it runs"), "x")


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\x00", b'{"now":9,"last":3,"parents":{"9":9},"turn_ends":[]}'])
def test_what_cannot_be_read_begins_anew_from_what_is_there(
    damage: bytes, workspace: Path, history: Path, caplog: pytest.LogCaptureFixture
):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))
    files.keep(make_step(files, workspace))
    (history / "checkpoints.json").write_bytes(damage)
    again = opened(workspace, history)
    assert "cannot be read, and begin anew" in caplog.text
    assert state(workspace) == state_at(2)
    assert 1 not in again.tree
    assert make_step(again, workspace) == 3


def test_without_its_files_it_begins_anew(workspace: Path, history: Path):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))
    for path in history.rglob("*"):
        if path.is_file():
            path.unlink()
    again = opened(workspace, history)
    assert (again.tree.now, again.has_versions) == (0, False)
    assert state(workspace) == state_at(1)


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"mode":1}', b'{"mode":1,"entries":{"a":[1]}}', b"[" * 100_000])
def test_a_damaged_version_is_told(damage: bytes, workspace: Path, history: Path, caplog: pytest.LogCaptureFixture):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))
    files.begin_change()
    write_state(workspace, 7)
    (history / "versions" / "1.json").write_bytes(damage)
    again = FileHistory(workspace, history)
    assert again.load(LIMITS, 0) == [ALL_FILES]
    assert state(workspace) == state_at(7)
    assert caplog.text


def test_a_content_that_is_gone_is_told(workspace: Path, history: Path):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))
    files.begin_change()
    write_state(workspace, 7)
    for path in (history / "contents").iterdir():
        path.unlink()
    again = FileHistory(workspace, history)
    assert sorted(again.load(LIMITS, 0)) == ["only1", "state"]


def test_what_a_full_disk_does_not_take_is_logged_and_told(
    workspace: Path, history: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    files = opened(workspace, history)
    files.keep(make_step(files, workspace))

    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        for module in (saved_tree, saved_versions):
            patch.setattr(module, "replace_file", full)
        for _ in range(2):
            files.keep(make_step(files, workspace))
        assert caplog.text.count("No space left") == 4
        between = opened(workspace, history)  # the mark tells that step 3 has ended
        assert (between.tree.now, state(workspace)) == (3, state_at(3))
        files.begin_change()
        write_state(workspace, 7)
        again = FileHistory(workspace, history)
        assert again.load(LIMITS, 0) == [ALL_FILES]
        assert state(workspace) == state_at(7)
        assert make_step(again, workspace) == 4
    again.keep(4)
    assert opened(workspace, history).tree.now == 4


def test_versions_do_not_pile_up(workspace: Path, history: Path):
    files = opened(workspace, history)
    for _ in range(40):
        files.keep(make_step(files, workspace))
    names = {path.name for path in (history / "versions").iterdir()}
    assert names == {f"{number}.json" for number in range(41 - file_history._MOST_VERSIONS, 41)}
    assert len(list((history / "contents").iterdir())) == file_history._MOST_VERSIONS + 1
    assert [path.name for path in history.iterdir() if re.search("running|resting", path.name)] == ["40-40.resting"]
