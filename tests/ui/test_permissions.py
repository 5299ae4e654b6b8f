"""What the chat shows of a permission that the running code asks for."""

import html

import pytest

from agent_core.events import PermissionAsked
from ui.permissions import choices, outcome_text, question_text, read_choice

ASKED = PermissionAsked("r 1", "import", "socket", "It opens *network* connections.")


def test_the_question_names_what_is_asked_for_and_shows_it_as_it_is():
    text = html.unescape(question_text(ASKED))
    assert text.startswith("**The code asks to use “socket”.** It opens *network* connections.\n\n")
    assert "*network*" not in question_text(ASKED)
    host = question_text(PermissionAsked("2", "host", "a-[b](c).{{meaning}}", "It reads."))
    assert html.unescape(host).startswith("**The code asks to connect to “a-[b](c).{{meaning}}”.** It reads.")


def test_each_button_stands_for_one_decision_about_this_request():
    buttons = choices(ASKED)
    assert [button["label"] for button in buttons] == ["Allow once", "Allow for this chat", "No"]
    assert [read_choice(button["value"]) for button in buttons] == [("r 1", "once"), ("r 1", "always"), ("r 1", "deny")]


@pytest.mark.parametrize("value", ["", "always", "ALWAYS r", "r always", "perhaps r", None, 3, ["always r"]])
def test_what_is_no_button_decides_nothing(value):
    assert read_choice(value) is None


def test_a_decision_leaves_one_line():
    assert outcome_text(ASKED, "once") == "<small>✓ You allowed “socket” once.</small>"
    assert outcome_text(ASKED, "always") == "<small>✓ You allowed “socket” for this chat.</small>"
    assert outcome_text(ASKED, "deny") == "<small>✗ “socket” was not allowed.</small>"
    assert "<b>" not in outcome_text(PermissionAsked("1", "host", "<b>", ""), "deny")
