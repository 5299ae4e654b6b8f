"""What people and programs send."""

from pathlib import Path

import pytest

from agent_core import GlassboxError
from ui.input_checks import MOST_FILES, check_files, check_question, check_text


def test_a_question_loses_the_space_around_it():
    assert check_text(" why?\n", "question") == "why?"


def test_files_alone_are_a_question(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (file := tmp_path / "a.csv").touch()
    assert check_question(" \n", [str(file)]) == ("Look at the attached file.", [file])
    assert check_question("", [str(file), str(file)]) == ("Look at the attached files.", [file, file])
    assert check_question(" why? ", [str(file)]) == ("why?", [file])
    with pytest.raises(GlassboxError, match="Type a question first"):
        check_question(" ", [])


def test_files_that_cannot_be_taken_are_named(tmp_path, monkeypatch):
    uploads = tmp_path / "uploads"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(uploads))
    uploads.mkdir()
    here, elsewhere, link = uploads / "here.csv", tmp_path / "elsewhere.csv", uploads / "link.csv"
    here.touch()
    elsewhere.touch()
    link.symlink_to(elsewhere)
    assert check_files([str(here)]) == [here]
    with pytest.raises(GlassboxError, match="You added 11 files; one question can have 10"):
        check_files([str(here)] * (MOST_FILES + 1))
    with pytest.raises(GlassboxError, match=r"“gone\.csv” was added too long ago"):
        check_files([str(here), str(uploads / "gone.csv")])
    for foreign in (elsewhere, link, uploads / ".." / "elsewhere.csv", Path("/etc/passwd"), Path("app.py")):
        with pytest.raises(GlassboxError, match="was not uploaded here"):
            check_files([str(foreign)])
