"""Going back to a version brings back every file as it was, whatever the code made of the workspace meanwhile."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core import temporary
from agent_core.sandbox.checkpoints import blob_store, snapshot
from agent_core.sandbox.checkpoints.versions import FileVersions
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.workspace import DEEPEST, remove_tree
from tests.agent_core.sandbox.files import NESTED, nest


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made, that of the contents too."""
    (tmp_path / "store").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "store"))
    monkeypatch.setattr(temporary, "_own", temporary._OwnFolder())
    return temporary.own_folder()


@pytest.fixture
def versions(workspace: Path, store: Path) -> Iterator[FileVersions]:
    versions = FileVersions(workspace)
    yield versions
    versions.close()
    assert list(store.glob("versions-*")) == []


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file looks like is trusted even if it has just changed."""
    monkeypatch.setattr(snapshot, "_TICK_NS", -(10**12))


def kept(store: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in store.rglob("*") if path.is_file())


def tree(folder: Path) -> dict[str, tuple[int, int | None, bytes | Path | None]]:
    """All in a folder: names, modes, times of files, contents and targets of links."""
    found: dict[str, tuple[int, int | None, bytes | Path | None]] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        time = status.st_mtime_ns if path.is_file() and not path.is_symlink() else None
        found[str(path.relative_to(folder))] = (status.st_mode, time, content)
    return found


def fill(workspace: Path) -> None:
    (workspace / "data" / "empty").mkdir(parents=True)
    (workspace / "data" / "table.csv").write_text("a,b\n1,2\n")
    (workspace / "script.py").write_text("print()")
    (workspace / "script.py").chmod(0o751)
    (workspace / "latest").symlink_to("data/table.csv")
    (workspace / "dangling").symlink_to(os.fsdecode(b"nowhere\xff\n"))
    (workspace / os.fsdecode(b"\xff\n")).write_bytes(b"odd")
    (workspace / "data" / "empty").chmod(0o710)
    os.utime(workspace / "script.py", ns=(1, 1_234_567_891))


def test_what_was_changed_removed_or_added(workspace: Path, versions: FileVersions):
    fill(workspace)
    before = tree(workspace)
    inode = workspace.stat().st_ino
    versions.keep(1)
    (workspace / "data" / "table.csv").write_text("a,b\n3,4\n")
    (workspace / "script.py").unlink()
    (workspace / "data" / "empty").rmdir()
    (workspace / os.fsdecode(b"\xff\n")).chmod(0o600)
    (workspace / "latest").unlink()
    (workspace / "latest").symlink_to("elsewhere")
    (workspace / "new" / "newer").mkdir(parents=True)
    (workspace / "new" / "file").touch()
    assert versions.restore(1) == []
    assert tree(workspace) == before
    assert workspace.stat().st_ino == inode
    assert versions.restore(1) == []
    assert tree(workspace) == before


def test_an_empty_version(workspace: Path, versions: FileVersions):
    versions.keep(0)
    fill(workspace)
    assert versions.restore(0) == []
    assert list(workspace.iterdir()) == []


def test_what_is_the_same_stays_untouched(workspace: Path, versions: FileVersions):
    fill(workspace)
    versions.keep(1)
    inodes = {path: path.lstat().st_ino for path in workspace.rglob("*")}
    with (workspace / "data" / "table.csv").open("a") as log:
        versions.restore(1)
        log.write("3,4\n")
    assert {path: path.lstat().st_ino for path in workspace.rglob("*")} == inodes
    assert (workspace / "data" / "table.csv").read_text() == "a,b\n1,2\n3,4\n"


def test_every_version_can_be_had_again(workspace: Path, versions: FileVersions):
    trees = {}
    for number in range(5):
        (workspace / f"file{number}").write_text(str(number))
        (workspace / "counter").write_text(str(number))
        (workspace / f"file{number - 3}").unlink(missing_ok=True)
        versions.keep(number)
        trees[number] = tree(workspace)
    for number in (2, 4, 0, 0, 3, 1):
        assert versions.restore(number) == []
        assert tree(workspace) == trees[number]
    (workspace / "counter").write_text("another way")
    versions.keep(2)
    other = tree(workspace)
    versions.restore(4)
    versions.restore(2)
    assert tree(workspace) == other


def test_a_change_within_the_same_tick_is_seen(
    workspace: Path, versions: FileVersions, monkeypatch: pytest.MonkeyPatch
):
    """Same size, and times that were set back or have not moved on yet."""
    exact = snapshot.Look.of
    coarse = staticmethod(lambda status: (look := exact(status))._replace(changed=look.changed // 10**7 * 10**7))
    monkeypatch.setattr(snapshot.Look, "of", coarse)
    file = workspace / "file"
    for number in range(200):
        file.write_text(f"{number:03}")
        os.utime(file, ns=(0, 0))
        versions.keep(number)
    for number in reversed(range(199)):
        versions.restore(number)
        assert file.read_text() == f"{number:03}"


@pytest.mark.usefixtures("trusting")
def test_only_what_changed_is_read(workspace: Path, versions: FileVersions, monkeypatch: pytest.MonkeyPatch):
    fill(workspace)
    versions.keep(1)
    read = []
    opened = snapshot.open_file
    monkeypatch.setattr(snapshot, "open_file", lambda name, parent: read.append(name) or opened(name, parent))
    versions.keep(2)
    assert read == []
    (workspace / "script.py").write_text("print{}")  # of the same size, and then of the same time
    os.utime(workspace / "script.py", ns=(1, 1_234_567_891))
    versions.keep(3)
    assert read == ["script.py"]


def test_the_same_content_is_stored_once(workspace: Path, versions: FileVersions, store: Path):
    for name in ("a", "b", "c"):
        (workspace / name).write_text("same")
    (workspace / "d").hardlink_to(workspace / "a")
    versions.keep(1)
    (workspace / "e").write_text("same")
    versions.keep(2)
    assert kept(store) == [b"same"]
    (workspace / "a").write_text("else")  # and "d" with it
    assert kept(store) == [b"same"]
    versions.restore(1)
    assert {path.name: path.read_text() for path in workspace.iterdir()} == dict.fromkeys("abcd", "same")


def test_forgetting_removes_what_no_version_needs(workspace: Path, versions: FileVersions, store: Path):
    for number, text in enumerate(("one", "two", "three")):
        (workspace / "file").write_text(text)
        (workspace / "other").write_text("other")
        versions.keep(number)
    versions.forget([0, 2, 17])
    assert kept(store) == [b"other", b"two"]
    assert versions.restore(1) == []
    assert (workspace / "file").read_text() == "two"
    with pytest.raises(KeyError):
        versions.restore(0)
    versions.forget([1])
    assert kept(store) == []


@pytest.mark.usefixtures("trusting")
def test_what_was_forgotten_is_read_again(workspace: Path, versions: FileVersions):
    (workspace / "file").write_text("content")
    versions.keep(1)
    versions.forget([1])
    versions.keep(2)
    (workspace / "file").unlink()
    assert versions.restore(2) == []
    assert (workspace / "file").read_text() == "content"


def test_folders_and_files_change_places(workspace: Path, versions: FileVersions):
    (workspace / "folder").mkdir()
    (workspace / "folder" / "inner").write_text("inner")
    (workspace / "file").write_text("file")
    (workspace / "link").symlink_to("file")
    before = tree(workspace)
    versions.keep(1)
    remove_tree(workspace / "folder")
    (workspace / "folder").write_text("now a file")
    (workspace / "file").unlink()
    (workspace / "file").mkdir()
    (workspace / "link").unlink()
    (workspace / "link").mkdir()
    after = tree(workspace)
    versions.keep(2)
    nest(workspace / "file", 2000)
    assert versions.restore(1) == []
    assert tree(workspace) == before
    assert versions.restore(2) == []
    assert tree(workspace) == after


def test_nothing_is_read_or_written_through_links(workspace: Path, versions: FileVersions, store: Path, outside: Path):
    (workspace / "folder").mkdir()
    (workspace / "folder" / "canary").write_text("mine")
    (workspace / "canary").write_text("mine")
    versions.keep(1)
    remove_tree(workspace / "folder")
    (workspace / "canary").unlink()
    (workspace / "folder").symlink_to(outside)
    (workspace / "canary").symlink_to(outside / "canary")
    (workspace / "passwd").symlink_to("/etc/passwd")
    versions.keep(2)
    assert kept(store) == [b"mine"]
    assert versions.restore(1) == []
    assert (workspace / "folder" / "canary").read_text() == "mine"
    assert not (workspace / "folder").is_symlink()
    assert versions.restore(2) == []
    assert sorted(path.name for path in workspace.iterdir() if path.is_symlink()) == ["canary", "folder", "passwd"]


def test_what_cannot_be_kept(workspace: Path, versions: FileVersions, store: Path):
    os.mkfifo(workspace / "pipe")
    os.mkfifo(workspace / "pipe to file")
    with (workspace / "sparse").open("wb") as sparse:
        sparse.truncate(2**40)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(workspace / "socket"))
    (workspace / "long").symlink_to("x" * 3000)
    (workspace / os.fsdecode(b"\xff")).symlink_to("x" * 3000)
    versions.keep(1)
    assert kept(store) == []
    assert versions.restore(1) == []
    assert len(list(workspace.iterdir())) == 6
    for name in ("pipe", "socket", "pipe to file", os.fsdecode(b"\xff")):
        (workspace / name).unlink()
    (workspace / "pipe to file").write_text("")
    os.truncate(workspace / "sparse", 2**30)
    assert sorted(versions.restore(1)) == ["pipe", "pipe to file", "socket", "sparse", "\ufffd"]
    assert sorted(path.name for path in workspace.iterdir()) == ["long", "sparse"]


def test_only_so_many_names_are_given(workspace: Path, versions: FileVersions):
    for number in range(150):
        os.mkfifo(workspace / str(number))
    versions.keep(1)
    for path in workspace.iterdir():
        path.unlink()
    assert len(versions.restore(1)) == 100


def test_a_file_that_is_too_large(workspace: Path, versions: FileVersions, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshot, "LARGEST_FILE", 20_000)
    (workspace / "large").write_bytes(b"x" * 20_000)
    (workspace / "too large").write_bytes(b"x" * 20_001)
    versions.keep(1)
    for path in workspace.iterdir():
        path.unlink()
    assert versions.restore(1) == ["too large"]
    assert [path.name for path in workspace.iterdir()] == ["large"]


@pytest.mark.usefixtures("trusting")
def test_versions_take_no_more_room_than_they_may(
    workspace: Path, versions: FileVersions, store: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blob_store, "CAPACITY", 40_960)
    for number in range(3):
        (workspace / "file").write_bytes(b"%d" % number * 20_480)
        versions.keep(number)
    assert kept(store) == [b"0" * 20_480, b"1" * 20_480]
    assert versions.restore(2) == []  # it is there, as it was
    assert versions.restore(0) == []
    assert versions.restore(2) == ["file"]
    (workspace / "file").write_bytes(b"2" * 20_480)
    versions.keep(2)
    versions.forget([0])
    versions.keep(3)
    assert kept(store) == [b"1" * 20_480, b"2" * 20_480]
    versions.forget([1, 2, 3])
    (workspace / "file").write_bytes(b"4" * 40_960)
    versions.keep(4)
    assert kept(store) == [b"4" * 40_960]


def test_a_version_of_holes_stays_small(workspace: Path, versions: FileVersions, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshot, "CAPACITY", 50_000)
    for number in range(5):
        (workspace / f"hole{number}").touch()
        os.truncate(workspace / f"hole{number}", 20_000)
    versions.keep(1)
    for path in workspace.iterdir():
        path.unlink()
    assert len(versions.restore(1)) == 3
    assert len(list(workspace.iterdir())) == 2


def test_too_deep_to_be_kept(workspace: Path, versions: FileVersions):
    nest(workspace, DEEPEST)
    versions.keep(1)
    remove_tree(workspace / NESTED)
    assert versions.restore(1) == []
    remove_tree(workspace / NESTED)
    nest(workspace, 3000)
    versions.keep(2)
    assert versions.restore(2) == []
    remove_tree(workspace / NESTED)
    assert versions.restore(2) == ["/".join([NESTED] * (DEEPEST + 1))]
    assert versions.restore(1) == []


def test_temporary_files_have_no_versions(workspace: Path, versions: FileVersions, store: Path):
    temporary = workspace / TEMPORARY
    temporary.mkdir()
    (temporary / "file").write_text("before")
    (workspace / "folder" / TEMPORARY).mkdir(parents=True)
    (workspace / "folder" / TEMPORARY / "file").write_text("an ordinary one")
    versions.keep(1)
    assert kept(store) == [b"an ordinary one"]
    (temporary / "file").write_text("after")
    (workspace / "folder" / TEMPORARY / "file").write_text("changed")
    assert versions.restore(1) == []
    assert (temporary / "file").read_text() == "after"
    assert (workspace / "folder" / TEMPORARY / "file").read_text() == "an ordinary one"


def test_locked_files_and_folders(ordinary: Path):
    folder = ordinary / "folder"
    folder.mkdir()
    (folder / "file").write_text("locked")
    (folder / "file").chmod(0)
    folder.chmod(0)
    versions = FileVersions(ordinary)
    versions.keep(1)
    folder.chmod(0o500)
    versions.keep(2)
    for number in (1, 2, 1):
        folder.chmod(0o700)
        (folder / "file").unlink()
        (folder / "more").mkdir(mode=0)
        folder.chmod(0 if number == 1 else 0o500)
        assert versions.restore(number) == []
        folder.chmod(0o500)
        assert [path.name for path in folder.iterdir()] == ["file"]
        assert (folder / "file").read_text() == "locked"
    versions.close()
    folder.chmod(0o700)
