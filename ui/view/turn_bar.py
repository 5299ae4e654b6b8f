"""What a person can do with what a chat shows: the buttons beside it, and what they say when they are pressed.

turn_actions.js passes on the value of a button. Nothing that a model or code writes can hold such a button: what is
shown of it is cleaned of buttons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from agent_core import Versions
from agent_core.prompts import fill
from ui.texts import read_text, words
from ui.view.escaping import fence
from ui.view.remedies import has_remedy
from ui.view.turn_view import TurnView

Act = Literal["edit", "retry", "undo", "version", "on_from", "edit_code", "go_on", "run_again"]
_ACTS = get_args(Act)


@dataclass(frozen=True)
class Actions:
    """What can be done with the finished turns of a chat.

    Attributes:
        versions: The versions of each of its turns.
        lost: The steps whose code can run again to bring lost variables back, each with its number and its code; none
            if they are there.
    """

    versions: tuple[Versions, ...] = ()
    lost: tuple[tuple[int, str], ...] = ()


def question_bar(turn: int) -> str:
    """Return the button under a question, as HTML.

    Args:
        turn: The index of the turn.
    """
    return _bar([_button("edit", turn, words("bar.edit"), words("bar.edit_title"))])


def answer_bar(turn: TurnView, number: int, address: str, actions: Actions | None) -> str:
    """Return the row under an answer, as HTML; "" if nothing can be done with it.

    Args:
        turn: The turn, which is over.
        number: Its index.
        address: Where the browser fetches the turn's text, relative to the page; copy.js has the links copy it.
        actions: What can be done with the chat; None for nothing.
    """
    links = f'<a href="{address}/text" title="{words("bar.copy_title")}">{words("bar.copy")}</a>' if turn.answer else ""
    if any(map(turn.shows, turn.steps)):
        links += f'<a href="{address}/text?steps" title="{words("bar.copy_steps_title")}">{words("bar.copy_steps")}</a>'
    copies = f'<span class="copies">{links}</span>' if links else ""
    buttons = ""
    if actions and number < len(actions.versions):
        buttons = _bar([*_remedy_buttons(turn), *_answer_buttons(number, actions)])
    return f'<div class="answer-bar">{copies}{buttons}</div>' if copies or buttons else ""


def _remedy_buttons(turn: TurnView) -> list[str]:
    """Return the button that opens the settings, where one of them can fix what went wrong."""
    if turn.finished is None or not has_remedy(turn.finished.code):
        return []
    label, title = words("panel.settings"), words("bar.settings_title")
    return [f'<button type="button" value="settings" label="{label}" title="{title}"></button>']


def _answer_buttons(turn: int, actions: Actions) -> list[str]:
    buttons = [_button("retry", turn, words("bar.retry"), words("bar.retry_title"))]
    if turn == len(actions.versions) - 1:
        buttons.append(_button("undo", turn, words("bar.undo"), words("bar.undo_title")))
    label, title = words("bar.export"), words("bar.export_title")
    export = f'<button type="button" value="export" label="{label}" title="{title}"></button>'
    return [*buttons, export, *_version_buttons(actions.versions[turn])]


def step_bar(step: int) -> str:
    """Return the buttons under a step with code, as HTML."""
    return _bar(
        [
            _button("on_from", step, words("bar.on_from"), words("bar.on_from_title", step=step)),
            _button("edit_code", step, words("bar.edit_code"), words("bar.edit_code_title", step=step)),
        ]
    )


def lost_variables(actions: Actions) -> str:
    """Return the offer to run all steps again, as HTML in Markdown."""
    which = words("bar.its_steps", count=len(actions.lost))
    button = _button("run_again", 0, words("bar.run_again"), words("bar.run_again_title"))
    return fill(read_text("variables_gone"), which=which) + "\n\n" + _bar([button])


def cancel_bar() -> str:
    """Return the button that ends the editing, as HTML. Its value is that of no other button."""
    return _bar([f'<button type="button" value="cancel" label="{words("composer.cancel")}"></button>'])


def lost_code(actions: Actions) -> str:
    """Return the code that would run again, as Markdown."""
    return "\n\n".join(f"{words('turn.step', step=number)}\n\n{fence(code, 'python')}" for number, code in actions.lost)


def read_act(value: object) -> tuple[Act, int] | None:
    """Return what a button is for, and the number it stands beside; None if the value is not a button's."""
    kind, _, number = str(value).partition(" ")
    act = next((known for known in _ACTS if known == kind), None)
    return (act, int(number)) if act and number.isascii() and number.isdigit() and len(number) < 10 else None


def _version_buttons(versions: Versions) -> list[str]:
    ids, at = versions.ids, versions.ids.index(versions.shown)
    if len(ids) == 1:
        return []
    before = _button("version", ids[max(at - 1, 0)], "‹", words("bar.earlier"), enabled=at > 0)
    after = _button("version", ids[min(at + 1, len(ids) - 1)], "›", words("bar.later"), enabled=at < len(ids) - 1)
    return [before, f"<span>{at + 1}/{len(ids)}</span>", after]


def _bar(parts: Sequence[str]) -> str:
    return f'<span class="turn-bar">{"".join(parts)}</span>'


def _button(act: Act, number: int, label: str, title: str, *, enabled: bool = True) -> str:
    """Return a button. Its label is drawn by the style sheet, so that copied messages do not contain it.

    Gradio lets only plain attributes through, so the label is one of these. A sign has a name for screen readers.
    """
    state = "" if enabled else " disabled"
    name = f"<span>{title}</span>" if label in "‹›" else ""
    return f'<button type="button" value="{act} {number}" label="{label}" title="{title}"{state}>{name}</button>'
