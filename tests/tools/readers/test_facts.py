"""That the reader goes on finding what it found in the pages of the corpus, at no higher cost."""

import pytest

from tests.corpora.pages import PAGES, load_facts, missing
from tools.readers.html import read_html

FACTS = load_facts()
CHARACTERS = 77_000  # of the texts of all pages together
GIVEN_UP = {"readme": ["1.2k"]}  # stands in a menu above the page's heading


def text_of(name: str) -> str:
    return read_html((PAGES / f"{name}.html").read_text(encoding="utf-8"), f"https://site.example/{name}.html").text


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_found(name):
    assert missing(text_of(name), FACTS[name]) == GIVEN_UP.get(name, [])


def test_the_texts_stay_short():
    assert sum(len(text_of(name)) for name in FACTS) < CHARACTERS


def test_facts_that_are_not_there_are_missed():
    facts = ["The tide mill", "a moon made of cheese", "/^## A wheel that/", "/^## A wheel .* cheese/"]
    assert missing("# **The** tide\nmill\n\n## A wheel that waits", facts) == [facts[1], facts[3]]
