"""A person's look at a plan before it is carried out."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from agent_core.agents.given_functions import name_of, naming
from agent_core.errors import GlassboxError

ReviewPlan = Callable[[str], Awaitable[str | bool | None] | str | bool | None]
"""Gets the text of a plan, and returns what is carried out instead. It may be async, and wait for a person.

None and True take the plan as it is, "" goes on without one. False ends the run as interrupted, a GlassboxError with
its sentence.
"""

NOT_ACCEPTED = "The plan was not accepted."


async def reviewed(plan: str, review: ReviewPlan) -> str | None:
    """Return the plan that is to be carried out; None if the run must end.

    Raises:
        GlassboxError: The review ends the run, or failed.
    """
    with naming("The review of the plan", review):
        verdict: Any = review(plan)
        if inspect.isawaitable(verdict):
            verdict = await verdict
    if verdict is None or verdict is True:
        return plan
    if verdict is False:
        return None
    if isinstance(verdict, str):
        return verdict.strip()
    raise GlassboxError(
        f"The review of the plan {name_of(review)!r} returned {type(verdict).__name__}. Return the text of the plan, "
        "None to take it as it is, or False to end the run."
    )
