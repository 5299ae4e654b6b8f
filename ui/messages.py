"""A turn as the messages of a gr.Chatbot: each step one collapsible message, the answer outside them."""

from typing import Any

from agent_core.execution import Display, Execution
from agent_core.models.base import Usage
from agent_core.observation import shorten
from ui.markdown import escape, fence, quote
from ui.permissions import choices, outcome_text, question_text
from ui.pictures import Pictures, picture_type
from ui.titles import title_of
from ui.transcript import StepView, TurnView

_SHOWN_CHARACTERS = 6_000

ChatMessage = dict[str, Any]


def turn_messages(turn: TurnView, pictures: Pictures) -> list[ChatMessage]:
    """Everything of one turn, in order."""
    messages: list[ChatMessage] = [{"role": "user", "content": escape(turn.question)}]
    for step in turn.steps:
        if _is_shown(step, turn):
            messages.append(_step_message(step, turn))
        messages += [_picture(display, pictures) for display in step.displays if picture_type(display)]
        messages += _permission_messages(step)
    if turn.answer is not None:
        messages += _answer_messages(turn.answer, pictures)
    if turn.finished is not None and turn.finished.message:
        messages.append({"role": "assistant", "content": _ending(turn)})
    return messages


def usage_text(usage: Usage) -> str:
    """Tokens as a person reads them; ~ where they were estimated."""
    return f"{'~' if usage.estimated else ''}{usage.total_tokens:,} tokens"


def _is_shown(step: StepView, turn: TurnView) -> bool:
    """A step that turned out to be the answer, or came to nothing, needs no message of its own."""
    if step.code or not (turn.answer or turn.finished):
        return True
    return bool(step.reasoning or (step.prose and not turn.answer))


def _step_message(step: StepView, turn: TurnView) -> ChatMessage:
    title = escape(title_of(step.code, step.tools)) if step.code else "Thinking"
    metadata: dict[str, Any] = {"title": title, "status": "pending"}
    if step.finished:
        failed = step.finished.execution is not None and step.finished.execution.error is not None
        metadata |= {"log": usage_text(step.finished.usage), "duration": round(step.finished.seconds, 1)}
        metadata["title"] = f"{title} – did not work" if failed else title
    if step.finished or turn.finished:
        metadata["status"] = "done"
    content = _step_content(step, with_prose=bool(step.code) or turn.answer is None)
    return {"role": "assistant", "content": content, "metadata": metadata}


def _permission_messages(step: StepView) -> list[ChatMessage]:
    """What was decided, and the open question, whose buttons show only where it comes last of all."""
    decided = [asked for asked in step.permissions if asked.request_id in step.decisions]
    texts = [outcome_text(asked, step.decisions[asked.request_id]) for asked in decided]
    messages: list[ChatMessage] = [{"role": "assistant", "content": text} for text in texts]
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
        parts.append("*Waiting for your decision …*" if step.open_question else "*Running …*")
    return "\n\n".join(parts) or "…"


def _outcome(step: StepView, execution: Execution) -> list[str]:
    parts = []
    if execution.value is not None and not any(_is_table(display) for display in step.displays):
        parts.append(f"**Result**\n\n{fence(shorten(execution.value, _SHOWN_CHARACTERS), 'text')}")
    if execution.error:
        details = "\n".join(text for text in (execution.error.message, execution.error.traceback) if text)
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
