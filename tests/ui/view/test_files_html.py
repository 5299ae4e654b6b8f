"""How files of a chat show on the page. How they are fetched is tested in tests/browser."""

import html
import re

from agent_core.execution import FileNote
from ui.view.files_html import files_html


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
