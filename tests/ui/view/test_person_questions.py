"""What the chat shows of what a person is asked in the middle of a run."""

import html

import pytest

from agent_core.events import PermissionAsked, QuestionAsked
from ui.view.person_questions import choices, outcome_text, question_text, read_answer, read_choice

ASKED = PermissionAsked("r 1", "import", "socket", "It opens *network* connections.")


def test_the_question_names_what_is_asked_for_and_shows_it_as_it_is():
    text = html.unescape(question_text(ASKED))
    assert text.startswith("**The code asks to use “socket”.** It opens *network* connections.\n\n")
    assert "*network*" not in question_text(ASKED)
    host = question_text(PermissionAsked("2", "host", "a-[b](c).{{meaning}}", "It reads."))
    assert html.unescape(host).startswith("**The code asks to connect to “a-[b](c).{{meaning}}”.** It reads.")
    address = question_text(PermissionAsked("3", "address", "example.org", "It opens https://example.org/a_b_c."))
    assert html.unescape(address).startswith(
        "**The agent asks to open a page of “example.org”.** It opens https://example.org/a_b_c."
    )
    search = question_text(PermissionAsked("4", "search", "many searches", "It has made 10."))
    assert search.startswith("**The agent asks for “many searches” of the web in one step.** It has made 10.")


def test_each_button_stands_for_one_decision_about_this_request():
    buttons = choices(ASKED)
    assert [button["label"] for button in buttons] == ["Allow once", "Allow for this chat", "No"]
    assert [read_choice(button["value"]) for button in buttons] == [("r 1", "once"), ("r 1", "always"), ("r 1", "deny")]


@pytest.mark.parametrize(
    "value", ["", "always", "ALWAYS r", "r always", "perhaps r", None, 3, ["always r"], "answer", "answer r"]
)
def test_what_is_no_button_decides_nothing(value):
    assert read_choice(value) is None and read_answer(value) is None


def test_a_decision_leaves_one_line():
    assert outcome_text(ASKED, "once") == "<small>✓ You allowed “socket” once.</small>"
    assert outcome_text(ASKED, "always") == "<small>✓ You allowed “socket” for this chat.</small>"
    assert outcome_text(ASKED, "deny") == "<small>✗ “socket” was not allowed.</small>"
    assert "<b>" not in outcome_text(PermissionAsked("1", "host", "<b>", ""), "deny")


def test_more_time_has_words_and_buttons_of_its_own():
    asked = PermissionAsked("5", "more_time", "30 s", "It works on.")
    assert question_text(asked) == "**This step has run for 30 s. Give it two more minutes?** It works on."
    assert [button["label"] for button in choices(asked)] == ["Two more minutes", "Always in this chat", "Stop it"]
    assert [read_choice(button["value"]) for button in choices(asked)] == [
        ("5", "once"),
        ("5", "always"),
        ("5", "deny"),
    ]
    assert outcome_text(asked, "once") == "<small>✓ After 30 s you gave it two more minutes.</small>"
    assert "every step of this chat" in outcome_text(asked, "always")
    assert outcome_text(asked, "deny") == "<small>After 30 s it was not given more time.</small>"


QUESTION = QuestionAsked("q1", "Which *city* do you mean?\n\n<b>Say it.</b>", ("Bern", "answer Bonn, on the Rhine"))


def test_a_question_of_the_agent_shows_as_it_is_with_its_options():
    text = question_text(QUESTION)
    assert html.unescape(text).startswith("**The agent asks you:** Which *city* do you mean?\n\n<b>Say it.</b>\n\n")
    assert "*city*" not in text and "<b>" not in text
    buttons = choices(QUESTION)
    assert [button["label"] for button in buttons] == ["Bern", "answer Bonn, on the Rhine"]
    assert [read_answer(button["value"]) for button in buttons] == [("q1", option) for option in QUESTION.options]
    assert all(read_choice(button["value"]) is None for button in buttons)
    assert choices(QuestionAsked("q2", "When?")) == []


def test_of_a_question_and_its_answer_one_message_is_left():
    text = outcome_text(QUESTION, " Bern,\n*please* ")
    assert html.unescape(text) == (
        "<small>The agent asked: Which *city* do you mean? <b>Say it.</b><br>✓ You answered: Bern, *please*</small>"
    )
    assert "<b>" not in text and "*" not in text
    assert "✗ No answer." in outcome_text(QUESTION, None)
    assert len(outcome_text(QuestionAsked("q2", "x" * 5_000), "y" * 5_000)) < 1_000
