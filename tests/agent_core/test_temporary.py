"""Temporary folders: one of each program, made again when it is gone, and removed after a kill by the next start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent_core import temporary
from agent_core.sandbox.leftovers import remove_leftovers
from tests.support import ROOT

_PROGRAM = """
import sys
from agent_core.temporary import own_folder, temporary_folder
kept = temporary_folder("chat")
print(own_folder(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_own", temporary._OwnFolder())
    return tmp_path


def program(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A program with a temporary folder, and that folder."""
    command, environment = [sys.executable, "-c", _PROGRAM], {**os.environ, "TMPDIR": str(place)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_what_a_kill_leaves_goes_at_the_next_start_and_nothing_else_does(place: Path, tmp_path: Path):
    (killed, its_folder), (living, other_folder), (ended, gone) = (program(place) for _ in range(3))
    deep = its_folder / "chat-of-hostile-code"
    deep.mkdir()
    here = Path.cwd()
    try:
        os.chdir(deep)
        for _ in range(1_500):
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.chdir(here)
    (outside := tmp_path / "outside").mkdir()
    (link := place / "glassbox-app-link").symlink_to(outside)
    (place / "glassbox-app-file").touch()
    (place / "glassbox-another").mkdir()
    own = temporary.own_folder()
    killed.kill()
    killed.communicate()
    ended.communicate("")
    assert its_folder.exists() and not gone.exists()
    remove_leftovers()
    assert not its_folder.exists() and other_folder.exists() and own.exists()
    assert link.is_symlink() and outside.exists() and (place / "glassbox-another").exists()
    living.communicate("")
    assert not other_folder.exists() and own.stat().st_mode & 0o777 == 0o700


def test_the_folder_is_made_again_under_its_name_and_is_held_again(place: Path):
    own = temporary.own_folder()
    shutil.rmtree(own)
    with temporary.temporary_folder("chat") as made:
        assert Path(made).parent == own == temporary.own_folder()
        remove_leftovers()
        assert Path(made).exists()
    shutil.rmtree(own)
    (own / "uploads").mkdir(parents=True)  # as Gradio does
    assert temporary.own_folder() == own
    remove_leftovers()
    assert own.exists()
    temporary._own.remove()
    assert list(place.iterdir()) == []
