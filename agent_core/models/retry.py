"""Retries failing requests to models, then falls back to another model."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from agent_core.errors import ContextOverflow, ModelError
from agent_core.events import Event, ModelWaiting
from agent_core.models.base import Model

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class RetryPolicy:
    """How often to retry a failing request, and how long a reply may take.

    Attributes:
        attempts: How many requests to make to one model, the first one included.
        first_wait: Seconds before the second attempt. Each further wait is about twice the one before, with a random
            deviation of up to a half.
        longest_wait: The longest wait in seconds. If a service asks for a longer one, there is no further attempt.
        retry_timeout: Seconds after the first failure in which there may be further attempts; after a silence, in which
            another one would have its time.
        silence_timeout: Seconds without any sign of life after which a reply that has not begun is given up. A service
            that was silent for so long is not asked again. Signs of life are what it streams beside its reply, and
            what a server of one's own answers when it is asked how it is.
        first_delta_timeout: Seconds without a piece of the reply, however many signs of life the service shows.
        loading_timeout: Seconds to wait for a server that says that it is loading its model. This is not an attempt.
        idle_timeout: Seconds without any sign of life within a reply.
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    retry_timeout: float = 90.0
    silence_timeout: float = 90.0
    first_delta_timeout: float = 600.0
    loading_timeout: float = 600.0
    idle_timeout: float = 45.0

    def with_silence(self, seconds: float) -> "RetryPolicy":
        """Return the policy with so many seconds without any sign of life, before a reply and within it."""
        longest = max(self.first_delta_timeout, seconds)
        return replace(self, silence_timeout=seconds, idle_timeout=seconds, first_delta_timeout=longest)

    def wait(self, attempt: int, error: ModelError) -> float | None:
        """Return how many seconds to wait before the next attempt, or None to give up.

        Args:
            attempt: The number of the attempt that failed, from 1.
            error: Its error.
        """
        if not error.retryable or attempt >= self.attempts:
            return None
        asked = error.retry_after or 0.0
        if asked > self.longest_wait:
            return None
        backoff = self.first_wait * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
        return min(max(asked, backoff), self.longest_wait)


async def with_fallbacks(
    models: list[Model],
    attempt: Callable[[Model], Awaitable[_Result]],
    retry: RetryPolicy,
    emit: Callable[[Event], None],
) -> _Result:
    """Retry a request with the first model, then fall back to the next ones.

    Args:
        models: The models, the preferred one first. Those that stay down are removed, so that later requests do not
            wait for them.
        attempt: Makes one request to a model.
        retry: How often to retry, and after which waits.
        emit: Takes an event for every wait, and for every fallback.

    Returns:
        The result of the attempt that succeeded.

    Raises:
        ModelError: The last model failed too.
        ContextOverflow: The messages are too long. It is raised at once, because a retry would not help.
    """
    while True:
        try:
            return await _with_retries(models[0], attempt, retry, emit)
        except ContextOverflow:
            raise
        except ModelError as error:
            if len(models) == 1:
                raise
            models.pop(0)
            emit(ModelWaiting(str(error), 0.0, models[0].name, error.code))


async def _with_retries(
    model: Model,
    attempt: Callable[[Model], Awaitable[_Result]],
    retry: RetryPolicy,
    emit: Callable[[Event], None],
) -> _Result:
    number, failed = 1, None
    while True:
        try:
            return await attempt(model)
        except ModelError as error:
            failed = failed or time.monotonic()
            passed = time.monotonic() - failed
            loads = error.code == "loading" and passed < retry.loading_timeout
            silence = retry.idle_timeout if error.code == "timeout" else 0.0  # which the next attempt may bring again
            wait = retry.first_wait if loads else retry.wait(number, error)
            if wait is None or (passed + silence > retry.retry_timeout and not loads):
                raise
            emit(ModelWaiting(str(error), wait, model.name, error.code))
        await asyncio.sleep(wait)
        number += not loads
