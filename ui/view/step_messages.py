"""The steps of a turn as messages: one line for those that are over, which opens to them, and the one that goes on."""

from typing import Any

from agent_core.execution import Display, Execution
from agent_core.text import truncate_middle
from agent_core.usage import Usage
from ui.texts import words
from ui.view.arrangement import Work, current, folded, is_writing, tables_beside
from ui.view.assets import NamedDisplays
from ui.view.displays import APART, SHOWN_CHARACTERS, as_text, rich, rich_source
from ui.view.escaping import escape, fence, quote
from ui.view.sanitizing import LONGEST_HTML, clean_markdown
from ui.view.titles import step_title
from ui.view.turn_bar import step_bar
from ui.view.turn_view import PlanView, RefusedView, StepView, TurnView
from ui.view.usage_text import seconds_text, usage_text

Message = dict[str, Any]


def group_message(turn: TurnView, group: str) -> Message:
    """Return the line that stands for what is over of the work of a turn, and is its parent.

    Args:
        turn: The turn.
        group: The id of the line, which its children name.
    """
    count = sum(bool(step.code or step.cut) for step in folded(turn) if isinstance(step, StepView))
    title = words("turn.steps_done", count=count) if count else words("turn.working")
    if turn.finished:
        title = words("turn.worked", steps=words("turn.steps", count=count), time=seconds_text(turn.seconds))
    ended = [item.finished for item in folded(turn) if isinstance(item, StepView | PlanView) and item.finished]
    usage = sum((end.usage for end in ended), Usage())
    title = f'<span class="work">{title}</span>'  # by which it is told from a step
    return _folding(title, f"<small>{usage_text(usage)}</small>" if usage.total_tokens else "…", id=group)


def work_message(item: Work, turn: TurnView, tables: NamedDisplays, *, at_rest: bool = False) -> Message:
    """Return the message of a step, of a plan or of an answer that was refused. It is open if it is the current one.

    Args:
        item: What it shows.
        turn: Its turn.
        tables: The tables that can be downloaded.
        at_rest: Whether the chat is at rest, so that it can go on from a step.
    """
    match item:
        case StepView():
            content = _step_content(item, turn, tables)
            if at_rest and item.code and item.finished:
                content += f"\n\n{step_bar(item.number)}"
            title, finished = _step_title(item), item.finished
        case PlanView():
            content, finished = clean_markdown(item.text.strip()) or "…", item.finished
            title = words("turn.plan_renewed" if item.renewed else "turn.plan")
        case RefusedView():
            content, finished = f"{escape(item.reason)}\n\n{quote(clean_markdown(str(item.answer)))}", None
            title = item.title
    details: dict[str, Any] = {"status": "pending"} if item is current(turn) else {}
    if finished:
        details |= {"log": usage_text(finished.usage), "duration": round(finished.seconds, 1)}
    return _folding(title, content, **details)


def _folding(title: str, content: str, **details: Any) -> Message:
    return {"role": "assistant", "content": content, "metadata": {"title": title, "status": "done", **details}}


def _step_title(step: StepView) -> str:
    """Return what a step does, with a sign for whether it worked once it is over."""
    if not step.code and not step.cut:
        return words("turn.thought" if step.finished else "turn.thinking")
    sign = ("○ " if step.cut or step.error_text else "✓ ") if step.finished else ""
    return sign + escape(step_title(step))


def _step_content(step: StepView, turn: TurnView, tables: NamedDisplays) -> str:
    parts, beside = [], tables_beside(turn, step)
    if step.reasoning.strip():
        parts.append(quote(clean_markdown(truncate_middle(step.reasoning.strip(), SHOWN_CHARACTERS))))
    if turn.shows_prose(step) and not is_writing(turn, step):
        parts.append(clean_markdown(step.prose.strip()))
    if step.code:
        parts.append(fence(step.code, "python", grows=not (step.running or step.finished or step.cut or turn.finished)))
    if step.cut:
        parts.append(f"✂️ {escape(step.cut)}")
    parts += [f"{words('turn.tool')} **{escape(call.tool)}**: {escape(call.error or '')}" for call in step.tool_errors]
    if step.shown_output.strip():
        parts.append(f"**{words('turn.output')}**\n\n{as_text(step.shown_output.rstrip())}")
    parts += _displayed([display for display in step.displays if display not in beside], step.execution, tables)
    if step.execution:
        parts += _outcome(step, step.execution)
    return "\n\n".join(parts) or "…"


def _displayed(displays: list[Display], execution: Execution | None, tables: NamedDisplays) -> list[str]:
    """Return the displays other than images: what is more than text, up to a limit, and texts not shown elsewhere."""
    room, parts = LONGEST_HTML, []
    for display in displays:
        if display.kind in APART:
            continue
        room -= len(rich_source(display))
        if shown := rich(display, tables, has_room=room >= 0):
            parts.append(shown)
        elif str(display).strip() and not (execution and execution.value == str(display)):
            parts.append(as_text(str(display)))
    return parts


def _outcome(step: StepView, execution: Execution) -> list[str]:
    parts = []
    shown = {str(display) for display in step.displays if rich_source(display)}
    if execution.value is not None and execution.value not in shown:
        parts.append(f"**{words('turn.result')}**\n\n{as_text(execution.value)}")
    if step.error_text:
        parts.append(f"**{words('turn.error')}**\n\n{as_text(step.error_text)}")
    return parts
