"""Checks of answers: how they are called, and what their verdicts mean."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from agent_core.agents.given_functions import name_of
from agent_core.errors import GlassboxError
from agent_core.execution import Display
from agent_core.memory.memory import Memory
from agent_core.net.redaction import in_a_line

Verdict = bool | str | None
AnswerCheck = Callable[..., Verdict | Awaitable[Verdict]]
"""Checks an answer: gets the answer and, if it takes a second parameter, the chat's Memory; `agent` by name.

None and True accept the answer. False and a sentence with the reason send it back to the model, and so does an
exception, whose text is the reason. Only a GlassboxError ends the run, with its sentence.
"""

logger = logging.getLogger(__name__)


async def refusal(check: AnswerCheck, answer: Display, memory: Memory, agent: object) -> str:
    """Return why a check refuses an answer; "" if it accepts it.

    Args:
        check: The check.
        answer: The answer.
        memory: The memory of the chat, with the step that gave the answer.
        agent: The agent that answers.

    Raises:
        GlassboxError: The check ends the run.
    """
    name = name_of(check)
    try:
        verdict: Any = _call(check, answer, memory, agent)
        if inspect.isawaitable(verdict):
            verdict = await verdict
    except GlassboxError:
        raise
    except Exception as error:
        logger.warning("The answer check %r raised an exception, which refuses the answer", name, exc_info=True)
        line = in_a_line(error)
        reason = line.removeprefix("AssertionError").removeprefix(": ") if isinstance(error, AssertionError) else line
        return f"The check {name!r} failed: {reason or 'it gave no reason.'}"
    if isinstance(verdict, str):
        return verdict
    return "" if verdict is None or verdict else f"It did not pass the check {name!r}."


def _call(check: AnswerCheck, answer: Display, memory: Memory, agent: object) -> Any:
    try:
        parameters = inspect.signature(check).parameters
    except (TypeError, ValueError):  # it is written in C
        return check(answer)
    kinds = [parameter.kind for parameter in parameters.values()]
    second = [parameter for parameter in parameters.values() if _is_positional(parameter)][1:2]
    values: list[object] = [answer]
    if inspect.Parameter.VAR_POSITIONAL in kinds or any(map(_wants_memory, second)):
        values.append(memory)
    named = {"agent": agent} if "agent" in parameters or inspect.Parameter.VAR_KEYWORD in kinds else {}
    return check(*values, **named)


def _is_positional(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) and parameter.name != "agent"


def _wants_memory(parameter: inspect.Parameter) -> bool:
    """Return whether a second parameter takes the memory, and is no setting of the check that has a default."""
    return parameter.default is parameter.empty or "memory" in parameter.name
