"""What a workspace holds is counted, and removed, however hostile its shape."""

import os
import socket
import threading
from pathlib import Path

import pytest

from agent_core.sandbox import Limits
from agent_core.sandbox.host.workspace import (
    DEEPEST,
    create_file,
    measure,
    open_file,
    open_folder,
    remove_tree,
)
from tests.agent_core.sandbox.files import NESTED, nest

SMALL = Limits(disk_mb=1, files=20)
TOO_MUCH = "The files in the workspace take more than the 1 MB they may take."


def test_what_keeps_to_the_limits(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_bytes(b"x" * 900_000)
    assert measure(tmp_path, SMALL) is None
    assert measure(tmp_path / "gone", SMALL) is None


def test_too_much(tmp_path: Path):
    (tmp_path / ".tmp").mkdir()
    for name in ("a", ".tmp/b"):
        (tmp_path / name).write_bytes(b"x" * 600_000)
    assert measure(tmp_path, SMALL) == TOO_MUCH


def test_a_workspace_behind_a_link_counts(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "big").write_bytes(b"x" * 2_000_000)
    (tmp_path / "link").symlink_to("real")
    assert measure(tmp_path / "link", SMALL) == TOO_MUCH


def test_too_many(tmp_path: Path):
    for number in range(5):
        (tmp_path / f"folder{number}").mkdir()
        (tmp_path / f"folder{number}" / "\n").touch()
        (tmp_path / f"link{number}").symlink_to("/etc")
        os.mkfifo(tmp_path / f"pipe{number}")
    assert measure(tmp_path, SMALL) is None
    (tmp_path / os.fsdecode(b"\xff\xfe")).touch()
    assert measure(tmp_path, SMALL) == "The workspace holds more than the 20 files and folders it may hold."


def test_too_deep(tmp_path: Path):
    nest(tmp_path, DEEPEST)
    assert measure(tmp_path, Limits()) is None
    remove_tree(tmp_path / NESTED)
    nest(tmp_path, 3000)
    sentence = "The folders in the workspace are nested deeper than the 100 levels they may have."
    assert measure(tmp_path, Limits()) == sentence
    remove_tree(tmp_path / NESTED)


def test_holes_take_no_room(tmp_path: Path):
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(2**40)
    assert measure(tmp_path, SMALL) is None


def test_a_file_with_several_names_counts_once(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"x" * 700_000)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert measure(tmp_path, SMALL) is None


def test_links_are_not_followed(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "big").write_bytes(b"x" * 2_000_000)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "folder").symlink_to(tmp_path / "outside")
    (workspace / "file").symlink_to(tmp_path / "outside" / "big")
    (workspace / "around").symlink_to(".")
    assert measure(workspace, SMALL) is None


def test_counting_while_a_folder_becomes_a_link_and_goes(tmp_path: Path):
    workspace, elsewhere = tmp_path / "workspace", tmp_path / "elsewhere"
    for folder in (workspace, elsewhere, elsewhere / "folder"):
        folder.mkdir()
    (elsewhere / "link").symlink_to("/usr")
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for name in ("folder", "link"):
                (elsewhere / name).rename(workspace / "x")
                (workspace / "x").rename(elsewhere / name)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        found = {measure(workspace, SMALL) for _ in range(10_000)}
    finally:
        done.set()
        thread.join()
    assert found == {None}


def test_a_link_is_not_opened_and_a_pipe_does_not_block(tmp_path: Path):
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "file").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    with open_folder(str(tmp_path)) as folder:
        with pytest.raises(NotADirectoryError), open_folder("folder", folder):
            pass
        with pytest.raises(OSError, match="symbolic links"):
            open_file("file", folder)
        writing = os.open("pipe", os.O_RDWR, dir_fd=folder)
        with open_file("pipe", folder) as pipe:
            assert not os.get_blocking(pipe.fileno())
        os.close(writing)
        with pytest.raises(FileExistsError):
            create_file("pipe", folder)


def test_no_descriptor_stays_open(tmp_path: Path):
    nest(tmp_path, DEEPEST + 1)
    before = list(Path("/proc/self/fd").iterdir())
    assert measure(tmp_path, Limits())
    remove_tree(tmp_path / NESTED)
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


def test_what_is_locked_counts_and_can_be_removed(ordinary: Path):
    inner = ordinary / "outermost" / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "big").write_bytes(b"x" * 2_000_000)
    inner.chmod(0o500)
    inner.parent.chmod(0)
    assert measure(ordinary, SMALL) == TOO_MUCH
    inner.parent.chmod(0o300)
    remove_tree(inner.parent.parent)
    assert not inner.parent.parent.exists()


def test_what_another_user_locked_is_passed_over(ordinary: Path):
    assert measure(ordinary, SMALL) is None


def test_a_tree_of_any_shape_is_removed(tmp_path: Path, outside: Path):
    tree = tmp_path / "tree"
    odd = tree / os.fsdecode(b"\xff\n")
    odd.mkdir(parents=True)
    nest(tree, 3000)
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree / "socket"))
    (odd / "-rf").touch()
    (tree / "alias").hardlink_to(odd / "-rf")
    (tree / "folder").symlink_to(outside)
    (odd / "file").symlink_to(outside / "canary")
    remove_tree(tree)
    assert not tree.exists()
    remove_tree(tree)


def test_removing_a_link_removes_only_the_link(tmp_path: Path, outside: Path):
    (tmp_path / "link").symlink_to(outside)
    remove_tree(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()
