"""Questions to the person during a run: the text, its buttons, and what is shown once they are answered."""

import re
from typing import get_args

from agent_core.events import PermissionAsked, QuestionAsked
from agent_core.permissions import Decision, Grant, PermissionKind
from agent_core.prompts import fill
from agent_core.text import truncate
from ui.texts import read_text, words
from ui.view.escaping import escape, printable
from ui.view.turn_view import Asked

_DECISIONS: tuple[Decision, ...] = get_args(Decision)
_MANY = ("many searches", "many sites")  # what requests about a number are for
_ANSWER = "answer"
_REMEMBERED = 400  # characters of a question and of its answer that stay in the chat


def question_text(asked: Asked) -> str:
    """Return the question as Markdown."""
    if isinstance(asked, QuestionAsked):
        text = "question_with_options" if asked.options else "question"
        return fill(read_text(text), question=escape(asked.question))
    question = permission_text(asked.kind, escape(asked.name))
    text = "ask_more_time" if asked.kind == "more_time" else "ask_permission"
    return fill(read_text(text), question=question, meaning=escape(asked.meaning))


def choices(asked: Asked) -> list[dict[str, str]]:
    """Return the buttons under the question; `read_choice` or `read_answer` reads their values."""
    if isinstance(asked, QuestionAsked):
        return [
            {"label": option, "value": f"{_ANSWER} {asked.question_id} {option}"}
            for option in map(printable, asked.options)
        ]
    time = "time_" if asked.kind == "more_time" else ""
    labels = {decision: words(f"permission.{time}{decision}") for decision in _DECISIONS}
    return [{"label": label, "value": f"{decision} {asked.request_id}"} for decision, label in labels.items()]


def permission_text(kind: PermissionKind, name: str) -> str:
    """Return the question for a permission, as text."""
    return words(f"permission.{kind}", name=_for_people(name))


def grant_text(grant: Grant) -> str:
    """Return what a permission allows the chat."""
    kind, name = grant
    return words(f"permission.granted_{kind}", name=_for_people(name))


def _for_people(name: str) -> str:
    return words(f"permission.{name.replace(' ', '_')}") if name in _MANY else name


def read_choice(value: object) -> tuple[str, Decision] | None:
    """Return the request's id and the decision of a button's value; None if the value is not such a button's."""
    for decision in _DECISIONS:
        if str(value).startswith(f"{decision} "):
            return str(value).removeprefix(f"{decision} "), decision
    return None


def read_answer(value: object) -> tuple[str, str] | None:
    """Return the question's id and the answer of a button's value; None if the value is not such a button's."""
    kind, _, rest = str(value).partition(" ")
    question_id, _, answer = rest.partition(" ")
    return (question_id, answer) if kind == _ANSWER and answer else None


def outcome_text(asked: Asked, reply: str | None) -> str:
    """Return what is shown of a question once it is answered, or has expired, as Markdown."""
    if isinstance(asked, PermissionAsked):
        text = "more_time" if asked.kind == "more_time" else "decided"
        return fill(read_text(f"{text}_{reply}"), name=escape(asked.name))
    answer = fill(read_text("answered" if reply else "not_answered"), answer=_in_one_line(reply or ""))
    return fill(read_text("asked"), question=_in_one_line(asked.question), answer=answer)


def _in_one_line(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip()
    return escape(truncate(line, _REMEMBERED - 1))
