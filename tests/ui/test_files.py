"""How files of a chat show on the page. How they are fetched is tested in tests/browser."""

import html
import re
from pathlib import Path

import pytest

from agent_core import GlassboxError
from agent_core.events import FinalAnswer, RunFinished, RunStarted, StepFinished, StepStarted
from agent_core.execution import Display, Execution, FileNote
from agent_core.usage import Usage
from ui.downloads import MOST_FILES, check_files, files_html
from ui.view.transcript import Transcript


def test_a_file_is_a_link_with_its_name_type_and_size_and_holds_no_markup():
    notes = [FileNote.of("out/a <b> & 'c' \"d\"\n\n*e* $$f$$.csv", 1_500), FileNote.of("no_ending", 3)]
    text = files_html(notes, "files/secret")
    assert re.findall(r"</?(?!a\b|div\b|small\b)\w+", text) == [] and "*" not in text and "$" not in text
    assert "\n" not in text, "an empty line would end the block"
    shown = html.unescape(re.sub("<[^>]*>", "|", text))
    assert shown == "||out/a <b> & 'c' \"d\" *e* $$f$$.csv |CSV · 2 kB||" + "|no_ending |application · 3 bytes|||"
    assert (
        text.count('href="files/secret/out/a%20%3Cb%3E%20%26%20%27c%27%20%22d%22%0A%0A%2Ae%2A%20%24%24f%24%24.csv"')
        == 1
    )


def test_pictures_show_small_unless_they_can_hold_scripts():
    for name, shown in (("a.png", True), ("a.JPG", True), ("a.svg", False), ("a.html", False)):
        assert ("<img" in files_html([FileNote.of(name, 1)], "files/secret")) == shown


def test_of_many_files_the_first_show_and_the_rest_are_counted():
    text = files_html([FileNote.of(f"{number}.txt", 1) for number in range(23)], "files/secret")
    assert text.count("<a ") == 20 and "and 3 more in the workspace" in text


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


def test_a_turn_has_each_file_once_as_it_was_left():
    def step(number: int, *files: FileNote) -> tuple[StepStarted, StepFinished]:
        return StepStarted(number), StepFinished(number, 0.1, Usage(), Execution(files=files))

    given, first, other, last = (FileNote("a.csv", size, "text/csv") for size in (1, 2, 3, 4))
    other = FileNote("b.csv", 3, "text/csv")
    answer = FinalAnswer(Display({"text/plain": "x"}))
    events = [RunStarted("why?", (given,)), *step(1, first, other), *step(2, last), answer, RunFinished("answer")]
    again = [RunStarted("why?"), *step(3), answer, RunFinished("answer")]
    one, two = Transcript([*events, *again]).turns
    assert (one.files, one.changed_files, two.files, two.changed_files) == ((given,), [last, other], (), [])
