"""Failing requests to models: try again what may go by itself, then fall back to another model."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from agent_core.errors import ContextOverflow, ModelError
from agent_core.events import Event, ModelWaiting
from agent_core.models.base import Model

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failing request is made again, and how long a reply may take.

    Attributes:
        attempts: requests to one model, the first one included.
        first_wait: seconds before the second attempt. Each wait is about twice the one before, at random up to half
            more or less.
        longest_wait: seconds, at most. A service that asks for a longer wait is not asked again.
        first_delta_timeout: seconds until the reply must begin.
        idle_timeout: seconds between two pieces of the reply, at most.
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    first_delta_timeout: float = 120.0
    idle_timeout: float = 45.0

    def wait(self, attempt: int, error: ModelError) -> float | None:
        """Return how many seconds to wait before the next attempt, or None to give up.

        Args:
            attempt: which attempt failed, counted from 1.
            error: how it failed.
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
    """Make an attempt with the first model until it succeeds, then with the next one.

    Args:
        models: the preferred one first. Models that stay down are removed, so that later requests do not wait for them.
        attempt: makes one request to a model.
        retry: how often, and after which waits.
        emit: is told of every wait, and of every change to another model.

    Raises:
        ModelError: that of the last model.
        ContextOverflow: at once: another attempt would not help.
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
            emit(ModelWaiting(str(error), 0.0, models[0].name))


async def _with_retries(
    model: Model,
    attempt: Callable[[Model], Awaitable[_Result]],
    retry: RetryPolicy,
    emit: Callable[[Event], None],
) -> _Result:
    number = 1
    while True:
        try:
            return await attempt(model)
        except ModelError as error:
            wait = retry.wait(number, error)
            if wait is None:
                raise
            emit(ModelWaiting(str(error), wait, model.name))
        await asyncio.sleep(wait)
        number += 1
