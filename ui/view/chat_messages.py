"""Turns a turn into messages of a gr.Chatbot: question, one line that opens to the steps, what they showed, answer.

While a turn is in progress, its current step stands open at the place where the answer comes to stand.
"""

import json
import logging
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agent_core.execution import Display
from agent_core.prompts import fill
from ui.texts import read_text, words
from ui.view.arrangement import Work, current, folded, tables_beside, writing
from ui.view.assets import Assets
from ui.view.displays import APART, apart, as_text, rich, rich_source
from ui.view.escaping import escape, fence
from ui.view.file_references import WorkspaceFiles
from ui.view.files_html import files_html
from ui.view.person_questions import choices, outcome_text, question_text
from ui.view.remedies import with_remedy
from ui.view.sanitizing import LONGEST_HTML, clean_markdown
from ui.view.sources import Referable, citable_sources, sources_html
from ui.view.step_messages import group_message, work_message
from ui.view.turn_bar import Actions, answer_bar, question_bar
from ui.view.turn_view import AgainView, BegunView, Item, NoteView, StepView, TurnView, id_of

_log = logging.getLogger(__name__)

_BROKEN_OFF = ("cut_off", "interrupted")  # ends of runs that broke off in mid-sentence

ChatMessage = dict[str, Any]


def turn_messages(
    turn: TurnView,
    assets: Assets,
    *,
    number: int = 0,
    resumable: bool = False,
    earlier_files: frozenset[str] = frozenset(),
    actions: Actions | None = None,
) -> list[ChatMessage]:
    """Return the messages of one turn.

    Args:
        turn: The turn.
        assets: What the browser fetches for the chat's messages.
        number: The position of the turn in the chat, from 0.
        resumable: Whether it is the chat's last turn and ended at a limit.
        earlier_files: The names of the files that came up in earlier turns; its answer may refer to them.
        actions: What can be done with the chat's turns, which the style sheet hides while something goes on; None for
            nothing.
    """
    files = Referable(assets.files_at, earlier_files | turn.file_names, citable_sources(turn))
    bar = question_bar(number) if actions else ""
    messages = _shown(lambda: [{"role": "user", "content": _question(turn, assets.files_at) + bar}], role="user")
    messages += _work_messages(turn, assets, group=f"turn-{number}", at_rest=actions is not None)
    for item in turn.items:
        messages += _shown_messages(item, turn, assets, files)
    if work := current(turn):
        messages += _shown(lambda: [work_message(work, turn, assets.tables)])
    if asked := turn.open_question:  # Gradio shows its buttons only if it is the last message
        messages += _shown(lambda: [said(question_text(asked)) | {"options": choices(asked)}])
    if prose := writing(turn):
        messages += _shown(lambda: [said(clean_markdown(prose, files))])
    if answer := turn.answer:
        messages += _shown(lambda: _answer_messages(answer, assets, files))
    if turn.answer and (sources := sources_html(turn)):
        messages.append(said(sources))
    if turn.changed_files and (turn.answer or turn.finished):
        messages += _shown(lambda: [said(files_html(turn.changed_files, assets.files_at))])
    ending = _ending_messages(turn, resumable=resumable)
    under = _shown(lambda: _bar_messages(turn, number, f"{assets.turns_at}/{number}", actions))
    return messages + (under + ending if resumable else ending + under)


def _work_messages(turn: TurnView, assets: Assets, *, group: str, at_rest: bool) -> list[ChatMessage]:
    """Return the steps that are over: below one line, or, where no code ran, each by itself."""
    messages = [message for item in folded(turn) for message in _folded_messages(item, turn, assets, at_rest=at_rest)]
    if not any(step.code for step in turn.steps):
        return messages
    for message in messages:
        message.setdefault("metadata", {"title": "…", "status": "done"})["parent_id"] = group
    return _shown(lambda: [group_message(turn, group)]) + messages


def _folded_messages(item: Work, turn: TurnView, assets: Assets, *, at_rest: bool) -> list[ChatMessage]:
    """Return the message of what is over. That of a step with code is kept: it is asked for many times a second."""

    def make() -> list[ChatMessage]:
        return _shown(lambda: [work_message(item, turn, assets.tables, at_rest=at_rest)])

    if not (isinstance(item, StepView) and item.finished and item.code):
        return make()
    circumstances = at_rest, tuple(map(id, tables_beside(turn, item)))
    if item.made is None or item.made[0] != circumstances:
        item.made = circumstances, make()
    return item.made[1]


def _shown(make: Callable[[], list[ChatMessage]], role: str = "assistant") -> list[ChatMessage]:
    """Make messages. If that fails, return a sentence instead, so that the rest of the chat is still shown."""
    try:
        messages = make()
        json.dumps(
            messages, ensure_ascii=False, default=repr
        ).encode()  # what fails here would also fail on the way to the browser
    except Exception as error:  # whatever a model or code has brought
        _log_once(f"{type(error).__name__}: {error}", traceback.format_exc(limit=-3))
        return [{"role": role, "content": f"⚠️ {words('turn.not_shown')}"}]
    return messages


@lru_cache(maxsize=256)
def _log_once(error: str, details: str) -> None:
    """Log an error once: the same messages are made many times a second."""
    _log.error("A part of a chat cannot be shown: %s\n%s", error, details)


def said(content: str) -> ChatMessage:
    """Return a message of the assistant's, of Markdown that is clean."""
    return {"role": "assistant", "content": content}


def _question(turn: TurnView, files_at: str) -> str:
    files = f"{files_html(turn.files, files_at)}\n\n" if turn.files else ""
    return files + escape(turn.question)


def _shown_messages(item: Item, turn: TurnView, assets: Assets, files: WorkspaceFiles) -> list[ChatMessage]:
    """Return what of an item stands below the line of the steps."""
    match item:
        case StepView():
            return _displays(item, turn, assets) + _shown(lambda: _outcomes(item))
        case BegunView():
            return _shown(lambda: _answer_messages(item.answer, assets, files))
        case AgainView():
            return _shown(lambda: [said(_about_again(item)), *_outcomes(item)])
        case NoteView():
            return _shown(lambda: [said(f"<small>ℹ️ {escape(item.text)}</small>")])
    return []


def _displays(step: StepView, turn: TurnView, assets: Assets) -> list[ChatMessage]:
    """Return what a step displays and what does not stand in it: pictures, charts, and the tables beside the answer."""
    beside, room, messages = tables_beside(turn, step), LONGEST_HTML, list[ChatMessage]()
    for display in step.displays:
        if display.kind in APART:
            messages += _shown(lambda display=display: [apart(display, assets)])
        elif display in beside:
            room -= len(rich_source(display))
            has_room = room >= 0
            messages += _shown(lambda display=display, has_room=has_room: [_table(display, assets, has_room=has_room)])
    return messages


def _table(display: Display, assets: Assets, *, has_room: bool) -> ChatMessage:
    return said(rich(display, assets.tables, has_room=has_room) or as_text(str(display)))


def _outcomes(asking: StepView | AgainView) -> list[ChatMessage]:
    """Return what became of the questions that were asked."""
    answered = [asked for asked in asking.asked if id_of(asked) in asking.replies]
    return [said(outcome_text(asked, asking.replies[id_of(asked)])) for asked in answered]


def _about_again(again: AgainView) -> str:
    """Return how far the steps are that run again."""
    if again.finished is None:
        text = fill(read_text("running_again"), step=str(again.done + 1), steps=str(len(again.steps)))
    elif again.finished.message:
        text = fill(read_text("ran_again_in_part"), done=str(again.done), message=again.finished.message)
    else:
        text = read_text("ran_again")
    return f"<small>🔁 {escape(text)}</small>"


def _answer_messages(answer: Display, assets: Assets, files: WorkspaceFiles) -> list[ChatMessage]:
    if answer.kind in APART:
        return [apart(answer, assets)]
    if "text/markdown" in answer.data:
        return [said(clean_markdown(answer.data["text/markdown"], files))]
    if shown := rich(answer, assets.tables):
        return [said(shown)]
    text = str(answer)
    return [said(fence(text, "text") if "\n" in text else escape(text))]


def _bar_messages(turn: TurnView, number: int, address: str, actions: Actions | None) -> list[ChatMessage]:
    """Return the row of what can be done with an answer."""
    bar = answer_bar(turn, number, address, actions) if turn.finished else ""
    return [said(bar)] if bar else []


def _ending_messages(turn: TurnView, *, resumable: bool) -> list[ChatMessage]:
    if turn.finished is None or not turn.finished.message:
        return []
    label = words("turn.go_on" if turn.finished.reason in _BROKEN_OFF else "turn.continue")
    option = {"label": label, "value": "continue"}
    return _shown(lambda: [said(_ending(turn)) | ({"options": [option]} if resumable else {})])


def _ending(turn: TurnView) -> str:
    assert turn.finished is not None
    sign = {"error": "⚠️", "stopped": "■", "cut_off": "✂️", "interrupted": "⚡"}.get(turn.finished.reason, "ℹ️")
    return f"{sign} {escape(with_remedy(turn.finished.message, turn.finished.code))}"
