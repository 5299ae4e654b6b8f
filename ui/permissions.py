"""What the running code asks a person for: the question with its buttons, and the line that is left of it."""

from agent_core.events import PermissionAsked
from agent_core.permissions import Decision
from agent_core.prompts import fill
from ui.markdown import escape
from ui.texts import read_text

_LABELS: dict[Decision, str] = {"once": "Allow once", "always": "Allow for this chat", "deny": "No"}


def question_text(asked: PermissionAsked) -> str:
    """The question as Markdown."""
    return fill(read_text(f"ask_{asked.kind}"), name=escape(asked.name), meaning=escape(asked.meaning))


def choices(asked: PermissionAsked) -> list[dict[str, str]]:
    """The buttons under the question; the value of each is for `read_choice`."""
    return [{"label": label, "value": f"{decision} {asked.request_id}"} for decision, label in _LABELS.items()]


def read_choice(value: object) -> tuple[str, Decision] | None:
    """The request's id and the decision of the button that was pressed; None for what is no button's value."""
    for decision in _LABELS:
        if str(value).startswith(f"{decision} "):
            return str(value).removeprefix(f"{decision} "), decision
    return None


def outcome_text(asked: PermissionAsked, decision: Decision) -> str:
    """One line of Markdown that says what was decided."""
    return fill(read_text(f"decided_{decision}"), name=escape(asked.name))
