"""One request to a model: fit the messages into its window, send them, retry, fall back, and read the reply."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from agent_core.agents.run import Run
from agent_core.errors import ContextOverflow, ModelError
from agent_core.events import CodeDelta, Compacted, PlanDelta, ReasoningDelta, ThoughtDelta
from agent_core.memory.compaction import compact, describe_variables
from agent_core.memory.memory import Memory
from agent_core.memory.messages import MessageFormat
from agent_core.memory.turns import Step
from agent_core.memory.window import Windows
from agent_core.models import error_messages
from agent_core.models.base import CallDelta, Message, Model, ModelChunk, estimate_message_tokens, estimate_tokens
from agent_core.models.retry import RetryPolicy, with_fallbacks
from agent_core.parsing import Piece, Reply
from agent_core.usage import Usage

USAGE_SECONDS = 3.0  # how long a model may take, after its action, to say what the request cost


class Reader(Protocol):
    """Reads a reply piece by piece.

    Attributes:
        finished: Whether the action is complete; whatever follows is not part of it.
    """

    @property
    def finished(self) -> bool: ...

    def feed(self, text: str) -> list[Piece]: ...

    def feed_call(self, delta: CallDelta) -> list[Piece]: ...

    def close(self) -> list[Piece]: ...

    def reply(self) -> Reply: ...


@dataclass(frozen=True)
class ModelRequest:
    """How to ask a certain model for one reply.

    Attributes:
        system_prompt: The system prompt.
        message_format: How the chat becomes messages.
        functions: JSON descriptions of the functions that the reply may call natively; None if it acts in its text.
        reader: Reads the reply.
    """

    system_prompt: str
    message_format: MessageFormat
    functions: Sequence[dict[str, Any]] | None
    reader: Reader


class ModelTurns:
    """Asks the models of a run for their replies.

    Args:
        run: The run. Its models are asked, and it takes the events and the usage.
        memory: The chat's memory; old steps in it are shortened when a context window is full.
        windows: What is known of the models' context windows.
        retry: How to retry failing requests.
        request_for: Makes the request for a model, anew for each reply.
    """

    def __init__(
        self,
        run: Run,
        memory: Memory,
        windows: Windows,
        retry: RetryPolicy,
        request_for: Callable[[Model], ModelRequest],
    ) -> None:
        self._run = run
        self._memory = memory
        self._windows = windows
        self._retry = retry
        self._request_for = request_for

    async def ask(self, step: Step, *, planning: bool = False) -> Reply:
        """Ask for a step's reply, through failures and overflows.

        The reply is kept in the step. If the request is stopped, what has arrived until then is kept.

        Args:
            step: The step that begins with the reply.
            planning: Ask for a plan before the step instead, and do not keep it in the step.

        Raises:
            ModelError: All models failed.
        """
        return await with_fallbacks(
            self._run.models, lambda model: self._attempt(model, step, planning=planning), self._retry, self._run.emit
        )

    async def _attempt(self, model: Model, step: Step, *, planning: bool) -> Reply:
        """Ask one model once; if the messages are too long for it, shorten them and ask again."""
        while True:
            request = self._request_for(model)
            messages = self._fitting_messages(model, request, step)
            try:
                return await self._send(model, request, messages, step, planning=planning)
            except ContextOverflow as error:
                reply_tokens = self._windows.reply_tokens(model)
                excess = self._windows.overflowed(model, messages, error.window)
                shorter_reply = self._windows.reply_tokens(model) < reply_tokens
                if not self._compact(model, request, step, excess) and not shorter_reply:
                    raise

    def _messages(self, request: ModelRequest) -> list[Message]:
        return self._memory.messages(request.system_prompt, request.message_format)

    def _fitting_messages(self, model: Model, request: ModelRequest, step: Step) -> list[Message]:
        messages = self._messages(request)
        if (excess := self._windows.excess(model, messages)) and self._compact(model, request, step, excess):
            return self._messages(request)
        return messages

    def _compact(self, model: Model, request: ModelRequest, step: Step, excess: int) -> bool:
        """Shorten old steps. Returns whether anything could be shortened."""
        before = self._windows.tokens(model, self._messages(request))
        if not compact(self._memory, excess, vision=request.message_format.vision):
            return False
        self._memory.remind(step, describe_variables(self._memory))
        self._run.emit(Compacted(before, self._windows.tokens(model, self._messages(request))))
        return True

    async def _send(
        self, model: Model, request: ModelRequest, messages: list[Message], step: Step, *, planning: bool
    ) -> Reply:
        try:
            usage = await stream_reply(
                model,
                messages,
                request,
                max_tokens=self._windows.reply_tokens(model),
                retry=self._retry,
                on_delta=self._emit_plan if planning else self._emit_reply,
                on_usage=self._run.spend,
            )
        except asyncio.CancelledError:
            if not planning:
                step.keep_reply(request.reader.reply())  # a person has read it; the reply of a failed attempt is void
            raise
        reply = request.reader.reply()
        if not planning:
            step.keep_reply(reply)
        self._windows.learn(model, messages, usage)
        return reply

    def _emit_reply(self, reasoning: str, pieces: list[Piece]) -> None:
        if reasoning:
            self._run.emit(ReasoningDelta(reasoning))
        for piece in pieces:
            self._run.emit(ThoughtDelta(piece.text) if piece.kind == "prose" else CodeDelta(piece.text))

    def _emit_plan(self, reasoning: str, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.kind == "prose":
                self._run.emit(PlanDelta(piece.text))


async def stream_reply(
    model: Model,
    messages: Sequence[Message],
    request: ModelRequest,
    *,
    max_tokens: int,
    retry: RetryPolicy,
    on_delta: Callable[[str, list[Piece]], None],
    on_usage: Callable[[Usage], None],
) -> Usage:
    """Send the messages and let the request's reader read the reply, up to the end of its first action.

    Args:
        model: The model to ask.
        messages: The messages to send.
        request: Has the functions to offer, and the reader.
        max_tokens: The longest reply.
        retry: Has the time limits of the stream.
        on_delta: Takes each piece of the reasoning, and what the reader made of each piece of the reply.
        on_usage: Takes what the request cost, even if it failed.

    Returns:
        What the request cost.

    Raises:
        ModelError: The request fails, stalls, or brings an empty reply.
    """
    reader, usage, written = request.reader, None, ""
    loop = asyncio.get_running_loop()
    try:
        async with (
            asyncio.timeout(retry.first_delta_timeout) as limit,
            aclosing(model.stream(messages, tools=request.functions, max_tokens=max_tokens)) as chunks,
        ):
            ending = False
            async for chunk in chunks:
                usage = chunk.usage or usage
                written += chunk.reasoning + chunk.text
                written += chunk.call.name + chunk.call.arguments if chunk.call else ""
                if reader.finished and (chunk.text.strip() or chunk.call):
                    break  # whatever a model writes after its action is made up
                on_delta(chunk.reasoning, _read(reader, chunk))
                if not ending:
                    limit.reschedule(loop.time() + (USAGE_SECONDS if reader.finished else retry.idle_timeout))
                ending = reader.finished
    except (ModelError, TimeoutError) as error:
        if not reader.finished:  # otherwise the action is complete, and only the end of the stream is missing
            silent = error_messages.failure(error_messages.SILENT, model.name)
            raise silent if isinstance(error, TimeoutError) else error from None
    finally:
        spent = usage or (_estimate(messages, written) if written else Usage())
        on_usage(spent)
    on_delta("", reader.close())
    if not reader.reply().text:
        raise error_messages.failure(error_messages.EMPTY, model.name)
    return spent


def _read(reader: Reader, chunk: ModelChunk) -> list[Piece]:
    pieces = reader.feed(chunk.text)
    return pieces + reader.feed_call(chunk.call) if chunk.call else pieces


def _estimate(messages: Sequence[Message], reply: str) -> Usage:
    """Estimate the usage of a request whose stream ended before the service reported it."""
    return Usage(sum(map(estimate_message_tokens, messages)), estimate_tokens(reply), requests=1, estimated=True)
