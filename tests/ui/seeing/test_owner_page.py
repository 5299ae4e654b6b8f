"""The owner's page says what goes on, and what is unwell, in each language."""

import re
from html import unescape

import pytest

from agent_core.errors import ErrorCode
from agent_core.events import ModelWaiting, Reason, RunFinished, RunQueued, RunStarted
from tests.ui.seeing.support import happen, watched
from ui.seeing.owner_page import owner_page, troubles
from ui.seeing.seeing import Seeing
from ui.seeing.state import AppState
from ui.texts.languages import LANGUAGES, speaking

WELL = AppState(memory=(8, 10), disk=(10**11, 10**12), descriptors=(10, 1_000))
UNWELL = {
    "lag": 0.83,
    "store_works": False,
    "memory": (100_000_000, 8_000_000_000),
    "disk": (1_000_000, 10**12),
    "descriptors": (950, 1_000),
}


def text_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page)))


def test_it_says_what_goes_on_now_and_what_the_day_came_to():
    seeing = Seeing()
    working, waiting = watched(seeing), watched(seeing)
    happen(working, RunStarted("?"), ModelWaiting("Busy.", 1.0, "m", "busy"))
    happen(waiting, RunQueued("?", 1))
    running, queued = seeing.runs.runs
    state = AppState(chats=3, awake=1, running=(running,), queued=(queued,), lag=0.02, descriptors=(10, 1_000))
    page = owner_page(state, seeing.today)
    text = text_of(page)
    assert "All is well." in text and "Runs 1 1 waits, for 1 s" in text  # of a made-up machine
    assert "Chats in memory 3 1 of them with a process" in text and "0.02 s" in text
    assert f"{running.chat} the demo works" in text and f"{queued.chat} the demo waits" in text
    assert "Questions 1" in text and "the service is busy 1" in text
    assert "<style" not in page and "style=" not in page and not re.search(r"<script(?![^>]* src=)", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_can_be_counted_has_words(language):
    seeing = Seeing()
    session = watched(seeing)
    for reason in Reason.__args__:
        happen(session, RunStarted("?"), RunFinished(reason))
    for code in ErrorCode.__args__:
        happen(session, RunStarted("?"), ModelWaiting("No.", 1.0, "m", code), RunFinished("stopped"))
    with speaking(language):
        assert text_of(owner_page(WELL, seeing.today)).count("{") == 0


def test_what_is_unwell_is_said_in_sentences():
    seeing = Seeing()
    assert list(troubles(WELL, seeing.today)) == []
    said = list(troubles(AppState(**UNWELL), seeing.today))
    assert [sentence.split()[0] for sentence in said] == ["The", "Chats", "Only", "Only", "Of"]
    assert said[0].startswith("The app is 0.8 s behind: ")
    happen(watched(seeing), *[RunStarted("?"), ModelWaiting("No.", 1.0, "m", "rate_limited")] * 3)
    [sentence] = troubles(WELL, seeing.today)
    assert sentence == "3 requests to models failed within ten minutes, most often: too many requests."
    assert sentence in text_of(owner_page(WELL, seeing.today))
