"""Files that are copied into a workspace: under names that are free, and only as far as they fit."""

import os
from pathlib import Path

import pytest

from agent_core.errors import GlassboxError
from agent_core.sandbox import Limits, Sandbox


async def test_a_long_name_of_wide_characters_is_taken_twice(box: Sandbox, tmp_path: Path):
    given = tmp_path / f"{'字' * 84}.md"
    given.write_text("x")
    names = [note.name for note in await box.add_files([given, given])]
    assert names[0] != names[1]
    assert all((box.workspace / name).read_text() == "x" for name in names)


async def test_files_that_do_not_fit_beside_what_is_there_are_refused(tmp_path: Path):
    small, large = tmp_path / "small.csv", tmp_path / "large.bin"
    small.write_text("x")
    large.write_bytes(b"x" * 700_000)
    async with Sandbox(limits=Limits(disk_mb=1)) as box:
        await box.add_files([large])
        with pytest.raises(GlassboxError, match=r"do not fit: .* more than the 1 MB they may take\. Leave some out"):
            await box.add_files([small, large])
        assert [path.name for path in box.workspace.iterdir()] == ["large.bin"]


async def test_pipes_are_not_waited_for(box: Sandbox, tmp_path: Path):
    os.mkfifo(pipe := tmp_path / "pipe.csv")
    with pytest.raises(GlassboxError, match=r"pipe\.csv is not a regular file"):
        await box.add_files([pipe])


async def test_a_file_never_takes_the_place_of_the_temporary_folder(box: Sandbox, tmp_path: Path):
    (given := tmp_path / ".tmp").write_text("x")
    assert [note.name for note in await box.add_files([given])] == [".tmp_2"]
