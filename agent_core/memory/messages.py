"""A chat as messages for a model, each step in as much detail as there is room for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agent_core.execution import FileNote
from agent_core.memory.turns import CompletedCall, Step, Turn
from agent_core.models.base import Message
from agent_core.parsing import Reply
from agent_core.prompts import NEXT_QUESTION, fill, read_prompt
from agent_core.text import truncate_middle

SHORT_QUESTION = 1_000  # characters of a question that is shortened
_SHORT_CHARACTERS = 1_000
_ANSWER_CHARACTERS = 300  # of an old answer in a step of which only the thought is sent
_OUTPUT_LEFT_OUT = "(What this printed is left out here to save room.)"
_CODE_LEFT_OUT = "(The code is left out here to save room.)"
_NO_RESULT = "There is no result."
_STEPS_LEFT_OUT = "({count} earlier steps are left out here to save room.)"


@dataclass(frozen=True)
class MessageFormat:
    """How a chat becomes messages for a model.

    Attributes:
        native: Send native tool calls as such, because the model supports them.
        json_calls: Send calls that came as text as JSON, not as Python.
        vision: Send images, because the model sees them.
    """

    native: bool = False
    json_calls: bool = False
    vision: bool = False


def to_messages(turns: Sequence[Turn], system_prompt: str, form: MessageFormat) -> list[Message]:
    """Return a chat as messages, user and assistant in turns.

    Messages are append-only: each list begins with the one before it, so that a provider's prompt cache can serve it.
    Only a compaction changes what was sent. Questions without a reply stay, and say so.

    Args:
        turns: All turns of the chat.
        system_prompt: The text of the first message.
        form: What the model can read.
    """
    messages: list[Message] = [{"role": "system", "content": system_prompt}]
    for message in _turn_messages(turns, form):
        if messages[-1]["role"] == message["role"] == "user":
            messages[-1]["content"] = _joined(messages[-1]["content"], message["content"])
        else:
            messages.append(message)
    return messages


def step_messages(step: Step, form: MessageFormat) -> Iterator[Message]:
    """Yield the messages of one step in the detail that it is sent in. Adjacent ones may have the same role."""
    if step.note:  # in any detail: it stands between two replies
        yield _user(step.note)
    if step.detail in ("whole", "short"):
        if step.reminder:
            yield _user(step.reminder)
        yield from _plan_messages(step)
    if form.native and step.calls and step.detail != "thought" and all(called.call.id for called in step.calls):
        yield from _native_call_messages(step)
    else:
        yield from _text_messages(step, form)
    if form.vision and step.images and step.detail == "whole":
        yield _user(_with_images("What the code showed:", step.images))


def _turn_messages(turns: Sequence[Turn], form: MessageFormat) -> Iterator[Message]:
    told = False  # whether a user message that is not a question has come since the model's last reply
    for turn in turns:
        if turn.note:
            told = True
            yield _user(turn.note)
        yield _question(turn, marked=told, vision=form.vision)
        told, left_out = False, 0
        if not turn.steps and turn is not turns[-1]:
            told = True
            yield _user(read_prompt("unanswered"))
        for step in turn.steps:
            if step.detail == "nothing":
                left_out += 1
                continue
            if left_out:
                yield _user(_STEPS_LEFT_OUT.format(count=left_out))
            told, left_out = bool(observation_of(step)), 0
            yield from step_messages(step, form)
        if left_out:
            told = True
            yield _user(_STEPS_LEFT_OUT.format(count=left_out))


def _question(turn: Turn, *, marked: bool, vision: bool) -> Message:
    question = truncate_middle(turn.question, SHORT_QUESTION) if turn.shortened else turn.question
    text = NEXT_QUESTION + question if marked else question
    if turn.files:
        text += "\n\n" + fill(read_prompt("files"), files="\n".join(map(_file, turn.files)))
    if turn.values:
        prompt = "values" if turn.values[0].is_variable else "values_as_text"
        text += "\n\n" + fill(read_prompt(prompt), values="\n".join(f"- {value}" for value in turn.values))
    if turn.images and vision and not turn.shortened:
        return _user(_with_images(text, turn.images))
    if turn.images:
        text += "\n" + fill(read_prompt("unseen_images"), count=str(len(turn.images)))
    return _user(text)


def _file(note: FileNote) -> str:
    return "\n  ".join([f"- {note}", *note.overview.splitlines()])


def _plan_messages(step: Step) -> Iterator[Message]:
    if step.plan_request:
        yield _user(step.plan_request)
    if step.plan:
        yield {"role": "assistant", "content": step.plan}
        yield _user(read_prompt("carry_out"))


def _text_messages(step: Step, form: MessageFormat) -> Iterator[Message]:
    said = step.said
    if step.detail == "thought":
        said = f"{said}\n{_CODE_LEFT_OUT}".strip() if step.code else truncate_middle(said, _ANSWER_CHARACTERS)
    elif step.calls and form.json_calls:
        said = f"{said}\n{_as_json(step)}".strip()
    elif step.code:
        said = Reply("code", thought=said, code=step.code).text
    if said:
        yield {"role": "assistant", "content": said}
    if observation := observation_of(step):
        yield _user(observation)


def _as_json(step: Step) -> str:
    calls = [{"tool": called.call.name, "arguments": called.call.arguments} for called in step.calls]
    return f"```json\n{json.dumps(calls[0] if len(calls) == 1 else calls, ensure_ascii=False)}\n```"


def _native_call_messages(step: Step) -> Iterator[Message]:
    yield {"role": "assistant", "content": step.said, "tool_calls": [_as_call(called) for called in step.calls]}
    for called in step.calls:
        last = called is step.calls[-1]
        result = "\n".join(part for part in (called.result, step.observation if last else "") if part)
        yield {"role": "tool", "content": _cut(result or _NO_RESULT, step), "tool_call_id": called.call.id}


def _as_call(called: CompletedCall) -> Any:
    arguments = json.dumps(called.call.arguments, ensure_ascii=False)
    return {
        "id": called.call.id,
        "type": "function",
        "function": {"name": called.call.name, "arguments": arguments},
    }


def observation_of(step: Step) -> str:
    """Return everything that the model is told of a step's results; "" for nothing."""
    results = [called.result for called in step.calls if called.result]
    if len(step.calls) > 1 and results:
        results = [
            f"Result {number}, of {called.call.name}:\n{called.result or _NO_RESULT}"
            for number, called in enumerate(step.calls, 1)
        ]
    observation = "\n".join(part for part in (*results, step.observation) if part)
    return _cut(observation, step) if observation else ""


def _cut(observation: str, step: Step) -> str:
    """Truncate an observation to the step's detail."""
    if step.detail == "whole":
        return observation
    return truncate_middle(observation, _SHORT_CHARACTERS) if step.detail == "short" else _OUTPUT_LEFT_OUT


def _user(content: str | list[dict[str, Any]]) -> Message:
    return {"role": "user", "content": content}


def _with_images(text: str, images: Sequence[str]) -> list[dict[str, Any]]:
    shown = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    return [{"type": "text", "text": text}, *shown]


def _joined(first: str | list[dict[str, Any]], second: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_parts(first), *_parts(second)]


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
