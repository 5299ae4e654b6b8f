"""What an answer says of files of the workspace shows and downloads; what names none stays as it was."""

import html
import random
import re
import time

import pytest

from ui.view.file_references import WorkspaceFiles
from ui.view.sanitizing import clean_markdown

FILES = WorkspaceFiles("files/key", frozenset({"out.csv", "a b.png", "Umsätze (2).xlsx", "in/x.csv"}))
_OWN_TAG = re.compile(
    r'<a href="files/key/[\w%./-]+" download="">|</a>'
    r'|<img src="files/key/[\w%./-]+\?picture" alt="[^"<>`$\n]*" loading="lazy">'
)


def shown(text: str) -> str:
    """A cleaned text without entities, and without the signs that keep tags from beginning a line."""
    return html.unescape(clean_markdown(text, FILES)).replace("\u200b", "")


def link(name: str, label: str) -> str:
    return f'<a href="files/key/{name}" download="">{label}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("See [the data](out.csv).", f"See {link('out.csv', 'the data')}."),
        ("[d](./out.csv) [d](in/x.csv)", f"{link('out.csv', 'd')} {link('in/x.csv', 'd')}"),
        ("[d](sandbox:/mnt/data/out.csv)", link("out.csv", "d")),
        ("[d](/mnt/data/a%20b.png)", link("a%20b.png", "d")),
        ('[d](a b.png) [d](<a b.png> "title")', f"{link('a%20b.png', 'd')} {link('a%20b.png', 'd')}"),
        ("[Umsätze](Umsätze (2).xlsx)", link("Ums%C3%A4tze%20%282%29.xlsx", "Umsätze")),
        ("[d](file:///mnt/data/out.csv)", link("out.csv", "d")),
        ("[d](Umsa\u0308tze (2).xlsx)", link("Ums%C3%A4tze%20%282%29.xlsx", "d")),
        ("**[`out.csv`](out.csv)**", f"**{link('out.csv', 'out.csv')}**"),
        ("Saved: sandbox:/mnt/data/out.csv.", f"Saved: {link('out.csv', 'out.csv')}."),
        ("It is in /mnt/data/out.csv, there", f"It is in {link('out.csv', 'out.csv')}, there"),
        ("| a |\n|---|\n| [x](out.csv) |", f"| a |\n|---|\n| {link('out.csv', 'x')} |"),
        ("![chart](a b.png)", '<img src="files/key/a%20b.png?picture" alt="chart" loading="lazy">'),
        ("![table](out.csv)", link("out.csv", "table")),
        ('![a "b" <i>](<a b.png>)', '<img src="files/key/a%20b.png?picture" alt="a "b" <i>" loading="lazy">'),
    ],
)
def test_a_reference_to_a_file_shows_or_fetches_it(text: str, html: str):
    assert shown(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "[d](gone.csv)",
        "[d](../out.csv)",
        "[d](/out.csv)",
        "[d](files/key/out.csv)",
        "[d](//x.org/out.csv)",
        "![d](logout)",
    ],
)
def test_what_is_no_file_of_the_workspace_stays_text(text: str):
    assert clean_markdown(text, FILES) == clean_markdown(text)
    assert "](" not in clean_markdown(text, FILES)


@pytest.mark.parametrize(
    "text",
    [
        "`[d](out.csv)`",
        "```\n[d](out.csv) /mnt/data/out.csv\n```",
        "`/mnt/data/out.csv`",
        "https://x.org/mnt/data/out.csv",
    ],
)
def test_code_and_addresses_stay_what_they_are(text: str):
    assert clean_markdown(text, FILES) == clean_markdown(text)


def test_nothing_but_its_own_elements_comes_of_any_mix():
    chance = random.Random(4)
    pieces = [
        "[",
        "]",
        "(",
        ")",
        "![",
        "](out.csv)",
        "](<a b.png>)",
        "/mnt/data/out.csv",
        "out.csv",
        "`",
        "``",
        "|",
        " ",
    ]
    pieces += [
        "\n",
        "\n\n",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        '"',
        "'",
        "<i x>",
        "<div>",
        "onerror=x",
        "[a](out.csv)",
        "![b",
        "> ",
    ]
    found = 0
    for _ in range(4_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 30)))
        cleaned = clean_markdown(text, FILES)
        found += len(_OWN_TAG.findall(cleaned))
        rest = _OWN_TAG.sub("", re.sub(r"(?ms)^(`{3,})[^`\n]*\n.*?^\1`* *$", "", cleaned))
        assert not re.search(r"<(?!/?code>|/?pre>)[a-zA-Z/!?]", rest), (text, cleaned)
        assert not re.search(r"(?m)^[ >]*<(?:a|img) ", cleaned), (text, cleaned)
    assert found > 1_000


@pytest.mark.parametrize(
    "unit", ["[a](", "[a](out.csv)", "[a]( ", "[a](" + " " * 300, "[a](((", "/mnt/data/x", "`[a](out.csv)"]
)
def test_the_time_grows_with_the_text_alone(unit: str):
    began = time.process_time()
    clean_markdown(unit * (200_000 // len(unit)), FILES)
    assert time.process_time() - began < 20
