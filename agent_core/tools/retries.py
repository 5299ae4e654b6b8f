"""Makes a tool's call again after it failed."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from agent_core.errors import ToolError
from agent_core.tools.context.tool_context import report

RetryOn = type[Exception] | tuple[type[Exception], ...]
"""The errors after which a call is made again; none named means all but ToolError."""

_FIRST_PAUSE = 0.5  # seconds; each further pause is twice as long, with a random deviation of up to a half

_Result = TypeVar("_Result")


async def with_retries(attempt: Callable[[], Awaitable[_Result]], retries: int, retry_on: RetryOn) -> _Result:
    """Make an attempt, and make it again if it fails by an error of the right kind.

    Args:
        attempt: Does the work. Raises ToolError if it fails, with the error that it is due to as its cause.
        retries: How many further attempts may be made.
        retry_on: The errors that another attempt may overcome.

    Raises:
        ToolError: The last attempt failed, or one by another error.
    """
    for number in range(1, retries + 1):
        try:
            return await attempt()
        except ToolError as error:
            if not _may_pass(error.__cause__, retry_on):
                raise
        await asyncio.sleep(_FIRST_PAUSE * 2 ** (number - 1) * random.uniform(0.5, 1.5))
        report(f"try {number + 1} of {retries + 1}")
    try:
        return await attempt()
    except ToolError as error:
        if not retries:
            raise
        raise ToolError(f"{error} (tried {retries + 1} times)") from error.__cause__


def check_limits(name: str, timeout: Any, retries: Any, retry_on: Any) -> None:
    """Raise ToolError unless a tool's time limit and retries can be used."""
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ToolError(f"The timeout of the tool {name!r} has to be a number of seconds, not {timeout!r}.")
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ToolError(f"The retries of the tool {name!r} have to be a number from 0, not {retries!r}.")
    kinds = retry_on if isinstance(retry_on, tuple) else (retry_on,)
    if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in kinds):
        raise ToolError(f"retry_on of the tool {name!r} has to be a class of errors, or a tuple of them.")


def _may_pass(error: BaseException | None, retry_on: RetryOn) -> bool:
    return isinstance(error, retry_on or Exception) and (bool(retry_on) or not isinstance(error, ToolError))
