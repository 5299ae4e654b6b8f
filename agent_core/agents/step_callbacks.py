"""What a program does after each step: look at it, change memory, stop the run."""

import inspect
from collections.abc import Callable
from typing import Any

from agent_core.agents.given_functions import naming
from agent_core.memory.turns import Step

StepCallback = Callable[..., object]
"""Called after each step with the Step and, if it takes a second argument, the agent. It may be async.

It may change memory, add a note for the next request (`agent.memory.add_note`) or end the run
(`agent.interrupt_after_step`). A GlassboxError ends the run with its sentence, any other exception with one that names
the callback.
"""


async def tell(callback: StepCallback, step: Step, agent: object) -> None:
    """Call a callback.

    Raises:
        GlassboxError: The callback ends the run, or failed.
    """
    with naming("The step callback", callback):
        result: Any = _call(callback, step, agent)
        if inspect.isawaitable(result):
            await result


def _call(callback: StepCallback, step: Step, agent: object) -> object:
    try:
        parameters = list(inspect.signature(callback).parameters.values())
    except (TypeError, ValueError):  # it is written in C
        return callback(step)
    by_name = [each for each in parameters if each.kind is not each.POSITIONAL_ONLY]
    if any(each.name == "agent" or each.kind is each.VAR_KEYWORD for each in by_name):
        return callback(step, agent=agent)
    second = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)][1:2]
    more = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    if more or any(each.default is each.empty for each in second):  # a default is a setting of the callback's own
        return callback(step, agent)
    return callback(step)
