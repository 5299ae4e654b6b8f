"""Compaction: sends less of old steps, so that a chat fits the model's context window. The memory stays complete.

Old outputs go first, then old code, then whole steps; of the last steps only outputs are truncated. Questions stay. If
that is not enough, the middle of long ones is left out, but for the last: one that no window holds would otherwise end
the chat for good.
"""

from collections.abc import Iterator, Sequence
from typing import get_args

from agent_core.memory.memory import Memory
from agent_core.memory.messages import SHORT_QUESTION, MessageFormat, step_messages
from agent_core.memory.turns import Detail, Step, Turn
from agent_core.models.base import estimate_message_tokens, estimate_tokens
from agent_core.prompts import fill, read_prompt
from agent_core.text import truncate_middle

KEPT_STEPS = 4  # the last ones, which the model is working on
_ORDER: tuple[Detail, ...] = get_args(Detail)
_LONGEST_LIST = 4_000  # characters of variables with their shapes; of the others, the names


def compact(memory: Memory, excess: int, *, vision: bool = False) -> bool:
    """Send less of old steps, the oldest first, until enough tokens are saved.

    Args:
        memory: The memory whose steps to shorten.
        excess: About how many tokens to save.
        vision: Whether the model is sent the images of steps.

    Returns:
        Whether any tokens were saved.
    """
    saved = 0
    for step, detail in _shortenings(memory.steps):
        if saved >= excess:
            break
        saved += _shorten(step, detail, vision=vision)
    for turn in memory.turns[:-1]:
        if saved >= excess:
            break
        saved += _shorten_question(turn)
    return saved > 0


def describe_variables(memory: Memory) -> str:
    """Return the reminder after a compaction: that steps are shortened, and which variables exist."""
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
    """Yield steps and the detail to send them in, in the order in which to try them."""
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
    """Send a step in less detail from now on, if that saves tokens. Returns how many.

    It saves nothing if there is little to leave out, or if the step's reply has yet to come.
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


def _shorten_question(turn: Turn) -> int:
    """Send only the ends of a long question from now on. Returns how many tokens that saves."""
    if turn.shortened or len(turn.question) <= SHORT_QUESTION:
        return 0
    turn.shortened = True
    return estimate_tokens(turn.question) - estimate_tokens(truncate_middle(turn.question, SHORT_QUESTION))


def _tokens(step: Step, *, vision: bool) -> int:
    return (
        0
        if step.detail == "nothing"
        else sum(map(estimate_message_tokens, step_messages(step, MessageFormat(vision=vision))))
    )
