"""Shortening what is sent of old steps, so that a chat stays within the model's window. What is stored stays whole.

Old outputs go first, then old code, then whole steps; the last steps only have their outputs cut. A person's words
always stay.
"""

from collections.abc import Iterator, Sequence
from typing import get_args

from agent_core.memory.memory import Memory
from agent_core.memory.messages import MessageFormat, tell_step
from agent_core.memory.turns import Detail, Step
from agent_core.models.base import estimate_message_tokens
from agent_core.prompts import fill, read_prompt

KEPT_STEPS = 4  # the last ones, which the model is working on
_ORDER: tuple[Detail, ...] = get_args(Detail)
_LONGEST_LIST = 4_000  # characters of variables with their shapes; of the others, the names


def compact(memory: Memory, excess: int, *, vision: bool = False) -> bool:
    """Shorten steps, the oldest first, until about so many tokens are saved. Returns whether any were.

    vision: whether the model is sent the images that steps showed.
    """
    saved = 0
    for step, detail in _shortenings(memory.steps):
        if saved >= excess:
            break
        saved += _shorten(step, detail, vision=vision)
    return saved > 0


def describe_variables(memory: Memory) -> str:
    """What the model is told after a compaction: that steps are shortened, and which variables there are."""
    lines: list[str] = []
    names: list[str] = []
    room = _LONGEST_LIST
    for name, description in reversed(memory.variables.items()):
        room -= len(name) + len(description) + 5
        lines += [f"- {name}: {description}"] if room > 0 else []
        names += [name] if room <= 0 else []
    listed = "\n".join([*reversed(lines), *([f"- also: {', '.join(reversed(names))}"] if names else [])])
    return fill(read_prompt("compacted"), variables=listed or "- none")


def _shortenings(steps: Sequence[Step]) -> Iterator[tuple[Step, Detail]]:
    """What can be done, in the order in which it is done."""
    old, recent = steps[:-KEPT_STEPS], steps[-KEPT_STEPS:]
    stages: tuple[tuple[Detail, Sequence[Step]], ...] = (
        ("code", old),
        ("thought", old),
        ("short", recent),
        ("nothing", old),
        ("code", recent[:-2]),
    )
    return ((step, detail) for detail, concerned in stages for step in concerned)


def _shorten(step: Step, detail: Detail, *, vision: bool) -> int:
    """Send less of a step from now on, if that is less. Returns how many tokens it saves.

    It is not where there is little to leave out, nor in the step that is just being asked for: what it will show has
    not been seen yet.
    """
    if _ORDER.index(detail) <= _ORDER.index(step.detail):
        return 0
    before, detail_before = _tokens(step, vision=vision), step.detail
    step.detail = detail
    saved = before - _tokens(step, vision=vision)
    if saved <= 0:
        step.detail = detail_before
        return 0
    return saved


def _tokens(step: Step, *, vision: bool) -> int:
    return (
        0
        if step.detail == "nothing"
        else sum(map(estimate_message_tokens, tell_step(step, MessageFormat(vision=vision))))
    )
