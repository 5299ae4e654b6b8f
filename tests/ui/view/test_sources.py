"""Sources under an answer, and the references to them in it."""

import html

import pytest

from agent_core.events import Event, FinalAnswer, RunFinished, RunStarted, SourceRead, StepStarted
from agent_core.execution import Display
from agent_core.sources import Source
from ui.exports import answer_text, export, steps_text
from ui.view.sanitizing import clean_markdown
from ui.view.sources import Referable, citable_sources, shown_sources, sources_html
from ui.view.transcript import Transcript
from ui.view.turn_view import TurnView

EVIL = Source(3, "https://x.org/$$_*", "<i>*A* $$ `b`</i>\ue0007\ue001")
SOURCES = (Source(1, "https://www.example.org/a_b?c=1&d=2", "Rivers"), Source(2, "https://x.org/", ""), EVIL)


def linked(text: str) -> str:
    return clean_markdown(text, Referable(sources=SOURCES))


@pytest.mark.parametrize("text", ["Long [1].", "Long[1, 2]", "Long 【2】", "Long 【1†lines 1-9】", "[1][2]", "| [1] |"])
def test_references_lead_to_their_sources(text: str):
    shown = html.unescape(linked(text))
    assert shown.count('<a class="cite"') == len([sign for sign in text.split("†")[0] if sign in "12"])
    assert "]</a>" in shown and 'href="https://' in shown


@pytest.mark.parametrize(
    "text",
    [
        "[4]",
        "[1, 4]",
        "`a[1]`",
        "```\n[1]\n```",
        "[1](https://x.org)",
        "[[1]](https://x.org)",
        "![1](a.png)",
        "[^1]",
        "\\[1]",
    ],
)
def test_what_refers_to_no_source_is_none(text: str):
    assert linked(text) == clean_markdown(text)


def asked(question: str, answer: str, *sources: Source) -> list[Event]:
    read = [SourceRead("1", source) for source in sources]
    given = FinalAnswer(Display({"text/plain": answer, "text/markdown": answer}))
    return [RunStarted(question), StepStarted(1), *read, given, RunFinished("answer")]


EVENTS = [
    *asked("How long?", "Long [1].", *SOURCES, SOURCES[0], Source(9, "javascript:alert(1)", "Evil")),
    *asked("And?", "Deep [2] and [4].", Source(4, "https://y.org/", "Lakes")),
]


def test_no_source_brings_markup():
    for made in (linked("[3]"), sources_html(Transcript(EVENTS).turns[0])):
        assert "<b>$" not in made and "$$" not in made and "*" not in made and "`" not in made


def test_an_answer_stands_on_what_was_read_for_it_and_what_it_refers_to():
    first, second = Transcript(EVENTS).turns
    assert [source.number for source in shown_sources(second)] == [2, 4]
    assert [source.number for source in citable_sources(second)] == [1, 2, 3, 4]
    assert "javascript" not in sources_html(first) and sources_html(first).count("<a ") == 3
    assert "<b>4</b> Lakes <small>y.org</small>" in sources_html(second)
    assert sources_html(TurnView("?")) == ""


def test_exports_list_the_sources():
    second = Transcript(EVENTS).turns[1]
    listed = "Sources:\n\n- &#91;2&#93; x.org: <https://x.org/>\n- &#91;4&#93; Lakes — y.org: <https://y.org/>"
    assert answer_text(second) == f"Deep [2] and [4].\n\n{listed}"
    assert listed in steps_text(second)
    for kind in ("markdown", "notebook", "html"):
        assert b"https://y.org/" in export(kind, "Rivers", EVENTS).content
