"""Files on their way into a workspace."""

import os
from pathlib import Path

import pytest

from agent_core.errors import GlassboxError
from agent_core.files import take_in
from agent_core.sandbox import Limits


def test_a_long_name_of_wide_characters_is_taken_twice(tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    given = tmp_path / f"{'字' * 84}.md"
    given.write_text("x")
    names = [take_in([given], workspace, Limits())[0].name for _ in range(2)]
    assert names[0] != names[1]
    assert all((workspace / name).read_text() == "x" for name in names)


def test_files_that_do_not_fit_beside_what_is_there_are_refused(tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    small, large = tmp_path / "small.csv", tmp_path / "large.bin"
    small.write_text("x")
    large.write_bytes(b"x" * 700_000)
    take_in([large], workspace, Limits(disk_mb=1))
    with pytest.raises(GlassboxError, match="do not fit: .* more than the 1 MB they may take. Leave some out"):
        take_in([small, large], workspace, Limits(disk_mb=1))
    assert os.listdir(workspace) == ["large.bin"]


def test_pipes_are_not_waited_for(tmp_path: Path):
    os.mkfifo(pipe := tmp_path / "pipe.csv")
    with pytest.raises(GlassboxError, match=r"pipe\.csv is no plain file"):
        take_in([pipe], tmp_path, Limits())
