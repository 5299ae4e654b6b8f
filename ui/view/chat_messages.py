"""Turns a turn into messages of a gr.Chatbot: one collapsible message for each step, and the answer outside them."""

import json
import logging
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agent_core.events import ModelSilent, ModelWaiting, PermissionAsked, QuestionAsked
from agent_core.execution import SVG, Display, Execution
from agent_core.prompts import fill
from agent_core.text import truncate_middle
from ui.texts import read_text
from ui.view.assets import Assets, NamedDisplays
from ui.view.copy_html import copy_html
from ui.view.escaping import escape, fence, first_sentence, quote
from ui.view.file_references import WorkspaceFiles
from ui.view.files_html import files_html
from ui.view.formulas import formula_markdown
from ui.view.interactive import frame
from ui.view.person_questions import choices, outcome_text, question_text
from ui.view.pictures import ALT_TEXT, drawing_html
from ui.view.remedies import with_remedy
from ui.view.sanitizing import LONGEST_HTML, clean_html, clean_markdown, is_light_enough
from ui.view.sources import Referable, citable_sources, sources_html
from ui.view.tables import links_html
from ui.view.titles import progress_text, step_title
from ui.view.turn_bar import step_bar
from ui.view.turn_view import AgainView, BegunView, Item, NoteView, PlanView, RefusedView, StepView, TurnView, id_of
from ui.view.usage_text import usage_text

_log = logging.getLogger(__name__)

_SHOWN_CHARACTERS = 6_000
_TOO_MUCH = "\n(Too large to be shown as more than text.)"
_APART = ("image", "interactive")  # kinds of displays that are messages of their own
_RICH = ("text/html", "text/latex", "text/markdown")  # the first of them is shown
_NOT_SHOWN = "⚠️ This part of the chat cannot be shown."
_REPORTS = 3  # of tools that work at the same time

CONTINUE = {"label": "Continue", "value": "continue"}
GO_ON = {"label": "Go on", "value": "continue"}
_BROKEN_OFF = ("cut_off", "interrupted")  # ends of runs that broke off in mid-sentence

ChatMessage = dict[str, Any]


def turn_messages(
    turn: TurnView,
    assets: Assets,
    *,
    number: int = 0,
    resumable: bool = False,
    earlier_files: frozenset[str] = frozenset(),
    bar: str = "",
) -> list[ChatMessage]:
    """Return the messages of one turn.

    Args:
        turn: The turn.
        assets: What the browser fetches for the chat's messages.
        number: The position of the turn in the chat, from 0.
        resumable: Whether it is the chat's last turn and ended at a limit.
        earlier_files: The names of the files that came up in earlier turns; its answer may refer to them.
        bar: What can be done with the turn, as HTML; "" while something goes on in the chat.
    """
    files = Referable(assets.files_at, earlier_files | turn.file_names, citable_sources(turn))
    messages = _shown(lambda: [{"role": "user", "content": _question(turn, assets.files_at) + bar}], role="user")
    for item in turn.items:
        messages += _item_messages(item, turn, assets, files, at_rest=bool(bar))
    if turn.queued:
        messages.append(said(fill(read_text("queued"), before=str(turn.queued))))
    if waiting := turn.waiting:
        messages += _shown(lambda: _waiting_messages(waiting))
    if answer := turn.answer:
        messages += _shown(lambda: _answer_messages(answer, assets, files))
    if turn.answer and (sources := sources_html(turn)):
        messages.append(said(sources))
    if turn.changed_files and (turn.answer or turn.finished):
        messages += _shown(lambda: [said(files_html(turn.changed_files, assets.files_at))])
    if turn.finished and (links := copy_html(turn, f"{assets.turns_at}/{number}")):
        messages.append(said(links))
    if turn.finished is not None and turn.finished.message:
        option = GO_ON if turn.finished.reason in _BROKEN_OFF else CONTINUE
        messages += _shown(lambda: [said(_ending(turn)) | ({"options": [option]} if resumable else {})])
    return messages


def _shown(make: Callable[[], list[ChatMessage]], role: str = "assistant") -> list[ChatMessage]:
    """Make messages. If that fails, return a sentence instead, so that the rest of the chat is still shown."""
    try:
        messages = make()
        json.dumps(
            messages, ensure_ascii=False, default=repr
        ).encode()  # what fails here would also fail on the way to the browser
    except Exception as error:  # whatever a model or code has brought
        _log_once(f"{type(error).__name__}: {error}", traceback.format_exc(limit=-3))
        return [{"role": role, "content": _NOT_SHOWN}]
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


def _item_messages(
    item: Item, turn: TurnView, assets: Assets, files: WorkspaceFiles, *, at_rest: bool
) -> list[ChatMessage]:
    match item:
        case StepView():
            shown = turn.shows(item)
            messages = _shown(lambda: [_step_message(item, turn, assets.tables, at_rest=at_rest)]) if shown else []
            for display in item.displays:
                if display.kind in _APART:
                    messages += _shown(lambda display=display: [_apart(display, assets)])
            return messages + _shown(lambda: _asking_messages(item))
        case PlanView():
            return _shown(lambda: [_plan_message(item, turn)])
        case RefusedView():
            return _shown(lambda: [_refused_message(item)])
        case BegunView():
            return _shown(lambda: _answer_messages(item.answer, assets, files))
        case AgainView():
            return _shown(lambda: [said(_about_again(item)), *_asking_messages(item)])
        case NoteView():
            return _shown(lambda: [said(f"<small>ℹ️ {escape(item.text)}</small>")])


def _about_again(again: AgainView) -> str:
    """Return how far the steps are that run again."""
    if again.finished is None:
        text = fill(read_text("running_again"), step=str(again.done + 1), steps=str(len(again.steps)))
    elif again.finished.message:
        text = fill(read_text("ran_again_in_part"), done=str(again.done), message=again.finished.message)
    else:
        text = read_text("ran_again")
    return f"<small>🔁 {escape(text)}</small>"


def _plan_message(plan: PlanView, turn: TurnView) -> ChatMessage:
    metadata: dict[str, Any] = {"title": "Plan, renewed" if plan.renewed else "Plan", "status": "pending"}
    if plan.finished:
        metadata |= {"log": usage_text(plan.finished.usage), "duration": round(plan.finished.seconds, 1)}
    if plan.finished or turn.finished:
        metadata["status"] = "done"
    return {"role": "assistant", "content": clean_markdown(plan.text.strip()) or "…", "metadata": metadata}


def _refused_message(refused: RefusedView) -> ChatMessage:
    content = f"{escape(refused.reason)}\n\n{quote(clean_markdown(str(refused.answer)))}"
    return {"role": "assistant", "content": content, "metadata": {"title": refused.title, "status": "done"}}


def _waiting_messages(waiting: ModelWaiting | ModelSilent) -> list[ChatMessage]:
    if isinstance(waiting, ModelSilent):
        return [said(f"<small>ℹ️ {escape(_about_silence(waiting))}</small>")]
    if not waiting.seconds:
        return []
    seconds = f"{waiting.seconds:.0f}" if waiting.seconds >= 1 else "less than 1"
    text = fill(read_text("waiting"), message=first_sentence(waiting.message), model=waiting.model, seconds=seconds)
    return [said(f"<small>ℹ️ {escape(text)}</small>")]


def _about_silence(silent: ModelSilent) -> str:
    name = f"silent_{silent.state}" if silent.state else "silent"
    name += "_counted" if silent.tokens else ""
    return fill(read_text(name), model=silent.model, read=f"{silent.tokens_read:,}", tokens=f"{silent.tokens:,}")


def _step_message(step: StepView, turn: TurnView, tables: NamedDisplays, *, at_rest: bool) -> ChatMessage:
    metadata: dict[str, Any] = {"title": escape(step_title(step)), "status": "pending"}
    if step.finished:
        metadata |= {"log": usage_text(step.finished.usage), "duration": round(step.finished.seconds, 1)}
    if step.finished or turn.finished:
        metadata["status"] = "done"
    content = _step_content(step, tables, with_prose=turn.shows_prose(step))
    if at_rest and step.code and step.finished:
        content += f"\n\n{step_bar(step.number)}"
    return {"role": "assistant", "content": content, "metadata": metadata}


def _asking_messages(step: StepView | AgainView) -> list[ChatMessage]:
    """Return the answered questions, and the open one. Gradio shows its buttons only if it is the last message."""
    messages: list[ChatMessage] = [
        {"role": "assistant", "content": outcome_text(asked, step.replies[id_of(asked)])}
        for asked in step.asked
        if id_of(asked) in step.replies
    ]
    if asked := step.open_question:
        messages.append({"role": "assistant", "content": question_text(asked), "options": choices(asked)})
    return messages


def _step_content(step: StepView, tables: NamedDisplays, *, with_prose: bool) -> str:
    parts = []
    if step.reasoning.strip():
        parts.append(quote(clean_markdown(truncate_middle(step.reasoning.strip(), _SHOWN_CHARACTERS))))
    if with_prose:
        parts.append(clean_markdown(step.prose.strip()))
    if step.code:
        parts.append(fence(step.code, "python"))
    if step.cut:
        parts.append(f"✂️ {escape(step.cut)}")
    parts += [f"Tool **{escape(call.tool)}**: {escape(call.error or '')}" for call in step.tool_errors]
    if step.shown_output.strip():
        parts.append(f"**Output**\n\n{_as_text(step.shown_output.rstrip())}")
    parts += _displayed(step.displays, step.execution, tables)
    if step.execution:
        parts += _outcome(step, step.execution)
    elif step.running:
        parts.append(_now(step))
    return "\n\n".join(parts) or "…"


def _displayed(displays: list[Display], execution: Execution | None, tables: NamedDisplays) -> list[str]:
    """Return the displays other than images: what is more than text, up to a limit, and texts not shown elsewhere."""
    room, parts = LONGEST_HTML, []
    for display in displays:
        if display.kind in _APART:
            continue
        room -= len(_rich_source(display))
        if rich := _rich(display, tables, has_room=room >= 0):
            parts.append(rich)
        elif str(display).strip() and not (execution and execution.value == str(display)):
            parts.append(_as_text(str(display)))
    return parts


def _rich_source(display: Display) -> str:
    """Return what of a display is more than text; "" if nothing is."""
    return next((display.data[mime] for mime in _RICH if mime in display.data), "")


def _rich(display: Display, tables: NamedDisplays, *, has_room: bool = True) -> str:
    """Return a table, a formula or Markdown that code displays as a part of a message; "" for plain text."""
    source, text = _rich_source(display), str(display)
    if not source.strip():
        return ""
    if not has_room or (display.kind == "table" and not is_light_enough(source)):
        return f"{_as_text(text + _TOO_MUCH)}\n\n{links_html(display, tables)}".rstrip()
    match display.kind:
        case "table":
            return (clean_html(source) or _as_text(text)) + links_html(display, tables)
        case "formula":
            return formula_markdown(source) or _as_text(text)
        case _:
            return clean_markdown(source)


def _as_text(text: str) -> str:
    return fence(truncate_middle(text, _SHOWN_CHARACTERS), "text")


def _now(step: StepView) -> str:
    """Return what a running step does right now, in one line."""
    match step.open_question:
        case PermissionAsked(kind=kind) if kind != "more_time":  # for which the code does not wait
            return "*Waiting for your decision …*"
        case QuestionAsked():
            return "*Waiting for your answer …*"
    reports = [progress_text(report) for report in step.progress.values()]
    return " · ".join(f"*{escape(report)}*" for report in reports[-_REPORTS:]) or "*Running …*"


def _outcome(step: StepView, execution: Execution) -> list[str]:
    parts = []
    shown = {str(display) for display in step.displays if _rich_source(display)}
    if execution.value is not None and execution.value not in shown:
        parts.append(f"**Result**\n\n{_as_text(execution.value)}")
    if step.error_text:
        parts.append(f"**Error**\n\n{_as_text(step.error_text)}")
    return parts


def _answer_messages(answer: Display, assets: Assets, files: WorkspaceFiles) -> list[ChatMessage]:
    if answer.kind in _APART:
        return [_apart(answer, assets)]
    if "text/markdown" in answer.data:
        return [said(clean_markdown(answer.data["text/markdown"], files))]
    if rich := _rich(answer, assets.tables):
        return [said(rich)]
    text = str(answer)
    return [said(fence(text, "text") if "\n" in text else escape(text))]


def _ending(turn: TurnView) -> str:
    assert turn.finished is not None
    sign = {"error": "⚠️", "stopped": "⏹️", "cut_off": "✂️", "interrupted": "⚡"}.get(turn.finished.reason, "ℹ️")
    return f"{sign} {escape(with_remedy(turn.finished.message, turn.finished.code))}"


def _apart(display: Display, assets: Assets) -> ChatMessage:
    """Return the message of a display that has one of its own."""
    if display.kind == "interactive":
        return {"role": "assistant", "content": frame(display, assets.frames)}
    if display.image_type == SVG:
        return said(drawing_html(display))
    content = {"path": str(assets.pictures.path_of(display)), "alt_text": ALT_TEXT}
    return {"role": "assistant", "content": content}
