"""A turn as the messages of a gr.Chatbot: each step one collapsible message, the answer outside them."""

from typing import Any

from agent_core.events import ModelWaiting, PermissionAsked, QuestionAsked
from agent_core.execution import Display, Execution
from agent_core.models.base import Usage
from agent_core.observation import shorten
from agent_core.prompts import fill
from ui.asking import choices, outcome_text, question_text
from ui.files import files_html
from ui.markdown import escape, fence, first_sentence, quote
from ui.pictures import Pictures, picture_type
from ui.texts import read_text
from ui.titles import progress_text, title_of
from ui.transcript import Item, NoteView, PlanView, RefusedView, StepView, TurnView, id_of

_SHOWN_CHARACTERS = 6_000
_REPORTS = 3  # of tools that work at the same time

CONTINUE = {"label": "Continue", "value": "continue"}

ChatMessage = dict[str, Any]


def turn_messages(turn: TurnView, pictures: Pictures, files_at: str, *, resumable: bool = False) -> list[ChatMessage]:
    """Everything of one turn, in order.

    files_at: the address of the chat's files. resumable: it is the chat's last turn and ended at a limit.
    """
    messages: list[ChatMessage] = [{"role": "user", "content": _question(turn, files_at)}]
    for item in turn.items:
        messages += _item_messages(item, turn, pictures)
    if turn.queued:
        messages.append({"role": "assistant", "content": fill(read_text("queued"), before=str(turn.queued))})
    if turn.waiting is not None and turn.waiting.seconds:
        messages.append({"role": "assistant", "content": _waiting_text(turn.waiting)})
    if turn.answer is not None:
        messages += _answer_messages(turn.answer, pictures)
    if turn.written and (turn.answer or turn.finished):
        messages.append({"role": "assistant", "content": files_html(turn.written, files_at)})
    if turn.finished is not None and turn.finished.message:
        ending: ChatMessage = {"role": "assistant", "content": _ending(turn)}
        if resumable:
            ending["options"] = [CONTINUE]
        messages.append(ending)
    return messages


def _question(turn: TurnView, files_at: str) -> str:
    files = f"{files_html(turn.files, files_at)}\n\n" if turn.files else ""
    return files + escape(turn.question)


def usage_text(usage: Usage) -> str:
    """Tokens as a person reads them, and what they cost where that is known; ~ where they were estimated."""
    text = f"{'~' if usage.estimated else ''}{usage.total_tokens:,} tokens"
    if usage.cached_tokens:
        text += f" ({usage.cached_tokens:,} cached)"
    return text if usage.cost is None else f"{text} · {_dollars(usage.cost)}"


def _dollars(cost: float) -> str:
    return f"${cost:.2f}" if cost >= 0.1 else f"${cost:.4f}"


def _item_messages(item: Item, turn: TurnView, pictures: Pictures) -> list[ChatMessage]:
    match item:
        case StepView():
            messages = [_step_message(item, turn)] if _is_shown(item, turn) else []
            messages += [_picture(display, pictures) for display in item.displays if picture_type(display)]
            return messages + _asking_messages(item)
        case PlanView():
            return [_plan_message(item, turn)]
        case RefusedView():
            return [_refused_message(item)]
        case NoteView():
            return [{"role": "assistant", "content": f"<small>ℹ️ {escape(item.text)}</small>"}]


def _plan_message(plan: PlanView, turn: TurnView) -> ChatMessage:
    metadata: dict[str, Any] = {"title": "Plan, renewed" if plan.renewed else "Plan", "status": "pending"}
    if plan.finished:
        metadata |= {"log": usage_text(plan.finished.usage), "duration": round(plan.finished.seconds, 1)}
    if plan.finished or turn.finished:
        metadata["status"] = "done"
    return {"role": "assistant", "content": plan.text.strip() or "…", "metadata": metadata}


def _refused_message(refused: RefusedView) -> ChatMessage:
    content = f"{escape(refused.reason)}\n\n{quote(str(refused.answer))}"
    return {"role": "assistant", "content": content, "metadata": {"title": refused.title, "status": "done"}}


def _waiting_text(waiting: ModelWaiting) -> str:
    seconds = f"{waiting.seconds:.0f}" if waiting.seconds >= 1 else "less than 1"
    text = fill(read_text("waiting"), message=first_sentence(waiting.message), model=waiting.model, seconds=seconds)
    return f"<small>ℹ️ {escape(text)}</small>"


def _is_shown(step: StepView, turn: TurnView) -> bool:
    """A step that turned out to be the answer, or came to nothing, needs no message of its own."""
    if step.code or not (step.answered or turn.answer or turn.finished):
        return True
    return bool(step.reasoning or (step.prose and not step.answered and not turn.answer))


def _step_message(step: StepView, turn: TurnView) -> ChatMessage:
    title = escape(title_of(step.code, step.tools)) if step.code else "Thinking"
    metadata: dict[str, Any] = {"title": title, "status": "pending"}
    if step.finished:
        failed = step.finished.execution is not None and step.finished.execution.error is not None
        metadata |= {"log": usage_text(step.finished.usage), "duration": round(step.finished.seconds, 1)}
        metadata["title"] = f"{title} – did not work" if failed else title
    if step.finished or turn.finished:
        metadata["status"] = "done"
    content = _step_content(step, with_prose=bool(step.code) or not (step.answered or turn.answer))
    return {"role": "assistant", "content": content, "metadata": metadata}


def _asking_messages(step: StepView) -> list[ChatMessage]:
    """What was replied, and the open question, whose buttons show only where it comes last of all."""
    messages: list[ChatMessage] = [
        {"role": "assistant", "content": outcome_text(asked, step.replies[id_of(asked)])}
        for asked in step.asked
        if id_of(asked) in step.replies
    ]
    if asked := step.open_question:
        messages.append({"role": "assistant", "content": question_text(asked), "options": choices(asked)})
    return messages


def _step_content(step: StepView, *, with_prose: bool) -> str:
    parts = []
    if step.reasoning.strip():
        parts.append(quote(shorten(step.reasoning.strip(), _SHOWN_CHARACTERS)))
    if with_prose and step.prose.strip():
        parts.append(step.prose.strip())
    if step.code:
        parts.append(fence(step.code, "python"))
    parts += [f"Tool **{escape(call.tool)}**: {escape(call.error or '')}" for call in step.tool_errors]
    execution = step.finished.execution if step.finished else None
    output = execution.stdout if execution else step.output
    if output.strip():
        parts.append(f"**Output**\n\n{fence(shorten(output.rstrip(), _SHOWN_CHARACTERS), 'text')}")
    parts += [display.data["text/html"] for display in step.displays if _is_table(display)]
    if execution:
        parts += _outcome(step, execution)
    elif step.running:
        parts.append(_now(step))
    return "\n\n".join(parts) or "…"


def _now(step: StepView) -> str:
    """What a running step does right now, in one line."""
    match step.open_question:
        case PermissionAsked():
            return "*Waiting for your decision …*"
        case QuestionAsked():
            return "*Waiting for your answer …*"
    reports = [progress_text(report) for report in step.progress.values()]
    return " · ".join(f"*{escape(report)}*" for report in reports[-_REPORTS:]) or "*Running …*"


def _outcome(step: StepView, execution: Execution) -> list[str]:
    parts = []
    if execution.value is not None and not any(_is_table(display) for display in step.displays):
        parts.append(f"**Result**\n\n{fence(shorten(execution.value, _SHOWN_CHARACTERS), 'text')}")
    if execution.error:
        error = execution.error
        advice = f"Advice: {error.advice}" if error.advice else ""
        details = "\n".join(text for text in (error.message, error.traceback, advice) if text)
        parts.append(f"**Error**\n\n{fence(shorten(details, _SHOWN_CHARACTERS), 'text')}")
    return parts


def _answer_messages(answer: Display, pictures: Pictures) -> list[ChatMessage]:
    if picture_type(answer):
        return [_picture(answer, pictures)]
    if "text/markdown" in answer.data:
        return [{"role": "assistant", "content": answer.data["text/markdown"]}]
    if "text/html" in answer.data:
        return [{"role": "assistant", "content": answer.data["text/html"]}]
    text = str(answer)
    return [{"role": "assistant", "content": fence(text, "text") if "\n" in text else escape(text)}]


def _ending(turn: TurnView) -> str:
    assert turn.finished is not None
    sign = {"error": "⚠️", "stopped": "⏹️"}.get(turn.finished.reason, "ℹ️")
    return f"{sign} {escape(turn.finished.message)}"


def _picture(display: Display, pictures: Pictures) -> ChatMessage:
    content = {"path": str(pictures.path_of(display)), "alt_text": "A picture made by the code"}
    return {"role": "assistant", "content": content}


def _is_table(display: Display) -> bool:
    return "text/html" in display.data and not picture_type(display)
