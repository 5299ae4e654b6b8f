"""How a chat reads to a model: its turns and steps as messages, each step in as much detail as there is room for."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from agent_core.models.base import Message
from agent_core.observation import shorten
from agent_core.parsing import Reply
from agent_core.prompts import fill, read_prompt

if TYPE_CHECKING:
    from agent_core.memory import Step, Turn

NEXT_QUESTION = "The user's next message:\n"
CODE_TOOL = "python"

Detail = Literal["whole", "short", "code", "thought", "nothing"]
"""What of a step is sent: all of it; all, with its output cut; no output; neither output nor code; nothing."""

_SHORT_CHARACTERS = 1_000
_ANSWER_CHARACTERS = 300  # of an old answer in a step of which only the thought is sent
_OUTPUT_LEFT_OUT = "(What this printed is left out here to save room.)"
_CODE_LEFT_OUT = "(The code is left out here to save room.)"
_STEPS_LEFT_OUT = "({count} earlier steps are left out here to save room.)"


def tell(turns: Sequence["Turn"], system_prompt: str, *, code_calls: bool, vision: bool) -> list[Message]:
    """The messages, user and assistant in turns, for a model with native calls or without, that sees images or not.

    Each list begins with the one before it, so that a provider's prompt cache can serve it: what is new comes at its
    end. Only a compaction changes what was sent. Questions that failed before any step are left out.
    """
    messages: list[Message] = [{"role": "system", "content": system_prompt}]
    for message in _spoken(turns, code_calls=code_calls, vision=vision):
        if messages[-1]["role"] == message["role"] == "user":
            messages[-1]["content"] = _joined(messages[-1]["content"], message["content"])
        else:
            messages.append(message)
    return messages


def tell_step(step: "Step", *, code_calls: bool = False, vision: bool = False) -> Iterator[Message]:
    """One step, in its detail."""
    if step.note:  # in any detail: it stands between two replies
        yield _user(step.note)
    if step.detail in ("whole", "short"):
        if step.reminder:
            yield _user(step.reminder)
        yield from _tell_plan(step)
    if step.call_id and code_calls and step.detail != "thought":
        yield from _tell_call(step)
    else:
        yield from _tell_text(step)
    if vision and step.images and step.detail == "whole":
        yield _user(_with_images("What the code showed:", step.images))


def _spoken(turns: Sequence["Turn"], *, code_calls: bool, vision: bool) -> Iterator[Message]:
    told = False  # whether the model was told something that is no question since it last spoke
    for turn in turns:
        if turn.note:
            told = True
            yield _user(turn.note)
        if not turn.steps and turn is not turns[-1]:
            continue
        yield _question(turn, marked=told, vision=vision)
        told, left_out = False, 0
        for step in turn.steps:
            if step.detail == "nothing":
                left_out += 1
                continue
            if left_out:
                yield _user(_STEPS_LEFT_OUT.format(count=left_out))
            told, left_out = bool(step.observation), 0
            yield from tell_step(step, code_calls=code_calls, vision=vision)
        if left_out:
            told = True
            yield _user(_STEPS_LEFT_OUT.format(count=left_out))


def _question(turn: "Turn", *, marked: bool, vision: bool) -> Message:
    text = NEXT_QUESTION + turn.question if marked else turn.question
    if turn.images and vision:
        return _user(_with_images(text, turn.images))
    if turn.images:
        text += "\n" + fill(read_prompt("unseen_images"), count=str(len(turn.images)))
    return _user(text)


def _tell_plan(step: "Step") -> Iterator[Message]:
    if step.plan_request:
        yield _user(step.plan_request)
    if step.plan:
        yield {"role": "assistant", "content": step.plan}
        yield _user(read_prompt("carry_out"))


def _tell_text(step: "Step") -> Iterator[Message]:
    said = step.said
    if step.detail == "thought":
        said = f"{said}\n{_CODE_LEFT_OUT}".strip() if step.code else shorten(said, _ANSWER_CHARACTERS)
    elif step.code:
        said = Reply("code", thought=said, code=step.code).text
    if said:
        yield {"role": "assistant", "content": said}
    if step.observation:
        yield _user(_observation(step))


def _tell_call(step: "Step") -> Iterator[Message]:
    arguments = json.dumps({"code": step.code}, ensure_ascii=False)
    function: Any = {"name": CODE_TOOL, "arguments": arguments}
    call: Any = {"id": step.call_id, "type": "function", "function": function}
    yield {"role": "assistant", "content": step.said, "tool_calls": [call]}
    yield {"role": "tool", "content": _observation(step), "tool_call_id": step.call_id}


def _observation(step: "Step") -> str:
    if step.detail == "whole":
        return step.observation
    return shorten(step.observation, _SHORT_CHARACTERS) if step.detail == "short" else _OUTPUT_LEFT_OUT


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
