"""Asking a model through its failures: try again what may pass, go over to another model, cut a stream that stalls."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from agent_core.errors import ContextOverflow, ModelError
from agent_core.events import Event, ModelWaiting
from agent_core.models import error_messages
from agent_core.models.base import Message, Model, ModelChunk, estimate_message_tokens, estimate_tokens
from agent_core.parsing import Piece
from agent_core.usage import Usage

if TYPE_CHECKING:
    from agent_core.agents.model_turn import Reader

USAGE_SECONDS = 3.0  # how long a model may take, after its action, to say what the request cost

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class RetryPolicy:
    """How long a failing or silent model is borne with. All times in seconds.

    attempts: requests to one model, the first included. first_wait: before the second; each wait doubles, give or take
    half, up to longest_wait. A service that asks to be left alone for longer is not asked again.
    first_delta_timeout: for the reply to begin. idle_timeout: between two of its pieces.
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    first_delta_timeout: float = 120.0
    idle_timeout: float = 45.0

    def wait(self, attempt: int, error: ModelError) -> float | None:
        """How long to wait after this attempt, counted from 1, failed; None to give up."""
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
    """Make an attempt with the first model until it succeeds, then with the next.

    Models that stay down are taken off the list, so that later requests do not wait for them again. Raises the
    ModelError of the last model; ContextOverflow at once.
    """
    while True:
        try:
            return await _repeat(models[0], attempt, retry, emit)
        except ContextOverflow:
            raise
        except ModelError as error:
            if len(models) == 1:
                raise
            models.pop(0)
            emit(ModelWaiting(str(error), 0.0, models[0].name))


async def _repeat(
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


async def stream_reply(
    model: Model,
    messages: Sequence[Message],
    reader: "Reader",
    *,
    tools: Sequence[dict[str, Any]] | None,
    max_tokens: int,
    retry: RetryPolicy,
    hear: Callable[[str, list[Piece]], None],
    spend: Callable[[Usage], None],
) -> None:
    """Send the messages and read the reply up to the end of its first action.

    hear: is given each piece of the reasoning, and what the reader made of each piece of the reply. spend: is told what
    the request cost, be it in vain. Raises ModelError where it fails, stalls, or says nothing.
    """
    usage, heard = None, ""
    loop = asyncio.get_running_loop()
    try:
        async with (
            asyncio.timeout(retry.first_delta_timeout) as limit,
            aclosing(model.stream(messages, tools=tools, max_tokens=max_tokens)) as chunks,
        ):
            ending = False
            async for chunk in chunks:
                usage = chunk.usage or usage
                heard += chunk.reasoning + chunk.text + (chunk.call.arguments if chunk.call else "")
                if reader.finished and (chunk.text.strip() or chunk.call):
                    break  # what a model writes after its action is imagined
                hear(chunk.reasoning, _read(reader, chunk))
                if not ending:
                    limit.reschedule(loop.time() + (USAGE_SECONDS if reader.finished else retry.idle_timeout))
                ending = reader.finished
    except (ModelError, TimeoutError) as error:
        if not reader.finished:  # else the action is there, and all that is missing is the stream's own end
            raise _stalled(model) if isinstance(error, TimeoutError) else error from None
    finally:
        if usage or heard:
            spend(usage or _estimate(messages, heard))
    hear("", reader.close())
    if not reader.reply().text:
        raise error_messages.failure(error_messages.EMPTY, model.name)


def _read(reader: "Reader", chunk: ModelChunk) -> list[Piece]:
    pieces = reader.feed(chunk.text)
    return pieces + reader.feed_call(chunk.call) if chunk.call else pieces


def _stalled(model: Model) -> ModelError:
    return error_messages.failure(error_messages.SILENT, model.name)


def _estimate(messages: Sequence[Message], reply: str) -> Usage:
    """What a request cost whose stream was cut before it could say so."""
    return Usage(sum(map(estimate_message_tokens, messages)), estimate_tokens(reply), requests=1, estimated=True)
