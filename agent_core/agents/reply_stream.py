"""Reading one reply of a model while it streams, up to the end of its first action."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from agent_core.agents.silence import SilenceWatch
from agent_core.errors import ModelError
from agent_core.events import ModelSilent
from agent_core.memory.messages import MessageFormat
from agent_core.models import error_mapping
from agent_core.models.base import CallDelta, Message, Model, ModelChunk, estimate_message_tokens, estimate_tokens
from agent_core.models.pieces import pieces_of
from agent_core.models.retry import RetryPolicy
from agent_core.models.settings import MAX_REPLY_TOKENS, ModelSettings
from agent_core.parsing import CutReason, Piece, Reply
from agent_core.parsing.circling import circles
from agent_core.usage import Usage

_LOOK_EVERY = 256  # characters
_LONGEST = 400_000  # characters of thoughts and reply: some servers keep to no limit of tokens, and a few never end
USAGE_SECONDS = 3.0  # how long a model may take, after its action, to say what the request cost


class Reader(Protocol):
    """Reads a reply piece by piece.

    Attributes:
        finished: Whether the action is complete; whatever follows is not part of it.
        acts: Whether there is a complete action, which can be carried out even if more of it should be missing.
        whole: Whether nothing is missing if the reply ends here.
    """

    @property
    def finished(self) -> bool: ...

    @property
    def acts(self) -> bool: ...

    @property
    def whole(self) -> bool: ...

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
        question: The person's question.
    """

    system_prompt: str
    message_format: MessageFormat
    functions: Sequence[dict[str, Any]] | None
    reader: Reader
    question: str


class ReplyStream:
    """The reply to one request, as it streams.

    Args:
        model: The model to ask.
        request: Has the functions to offer, and the reader.
        messages: The messages to send.
        retry: Has the time limits of the stream.
        on_delta: Takes each piece of the reasoning, and what the reader made of each piece of the reply.
        on_silence: Takes what is known of the model while nothing comes; see SilenceWatch.
    """

    def __init__(
        self,
        model: Model,
        request: ModelRequest,
        messages: Sequence[Message],
        retry: RetryPolicy,
        on_delta: Callable[[str, list[Piece]], None],
        on_silence: Callable[[ModelSilent], None],
    ) -> None:
        self._model = model
        self._functions = request.functions
        self._reader = request.reader
        self._question = request.question
        self._messages = messages
        self._on_delta = on_delta
        self._silence = SilenceWatch(model, retry, on_silence)
        self._reported: Usage | None = None
        self._written = ""
        self._looked_at = 0  # how much of it was looked at for a circle
        self._cut: CutReason | None = None

    @property
    def reply(self) -> Reply:
        """What has been read so far."""
        return self._reader.reply()

    @property
    def usage(self) -> Usage:
        """What the request cost, even if it failed; an estimate if the stream ended before the service reported it."""
        if self._reported or not self._written:
            return self._reported or Usage()
        written, prompt = estimate_tokens(self._written), self._silence.progress
        if prompt:
            return Usage(prompt.total, written, requests=1, cached_tokens=prompt.cached, estimated=True)
        input_tokens = sum(map(estimate_message_tokens, self._messages))
        return Usage(input_tokens, written, requests=1, estimated=True)

    async def read(self, settings: ModelSettings) -> Reply:
        """Send the messages and read the reply, up to the end of its first action, or until it circles.

        A reply that was cut off within its action, or before it, has the kind "cut".

        Args:
            settings: What the request says, with the most tokens of the reply.

        Raises:
            ModelError: The request fails, stalls, or brings an empty reply.
        """
        try:
            await self._read_chunks(settings)
        except (ModelError, TimeoutError) as error:
            if not self._reader.acts:  # otherwise only the end of the stream is missing
                raise self._silent() if isinstance(error, TimeoutError) else error from None
        cut = None if self._reader.whole else self._cut
        self._on_delta("", self._reader.close())
        reply = self.reply
        if cut or reply.kind == "cut":
            return reply.as_cut(cut or "unclosed", self._room(settings.get("max_tokens") or MAX_REPLY_TOKENS))
        if not reply.text:
            raise error_mapping.failure(error_mapping.EMPTY, self._model.name)
        return reply

    def _silent(self) -> ModelError:
        """Return the error for a model that was given up. It is asked again if it had begun to answer."""
        error = error_mapping.failure(error_mapping.SILENT, self._model.name)
        error.retryable = self._silence.begun
        return error

    def _room(self, max_tokens: int) -> int:
        """Return how many tokens the reply had: fewer than were asked for if the service has a limit of its own."""
        written = self._reported.output_tokens if self._reported else 0
        return min(written or max_tokens, max_tokens)

    async def _read_chunks(self, settings: ModelSettings) -> None:
        reader = self._reader
        async with (
            self._silence,
            aclosing(pieces_of(self._model, self._messages, self._functions, settings)) as chunks,
        ):
            ending = False
            async for chunk in chunks:
                if chunk.progress:
                    self._silence.note_progress(chunk.progress)
                    continue
                self._count(chunk)
                if reader.finished and (chunk.text.strip() or chunk.call):
                    break  # whatever a model writes after its action is made up
                self._on_delta(chunk.reasoning, self._feed(chunk))
                if not ending:
                    self._silence.note_piece(USAGE_SECONDS if reader.acts else None)
                ending = reader.finished
                if not ending and (cut := self._to_be_cut()):
                    self._cut = cut
                    break

    def _to_be_cut(self) -> CutReason | None:
        """Return why no more of the reply is to be read: it has begun to circle, or never ends. Looks now and then."""
        if len(self._written) < self._looked_at + _LOOK_EVERY:
            return None
        self._looked_at = len(self._written)
        if len(self._written) > _LONGEST:
            return "length"
        return "circling" if circles(self._written, self._question) else None

    def _count(self, chunk: ModelChunk) -> None:
        self._reported = chunk.usage or self._reported
        if chunk.finish_reason in ("length", "content_filter"):
            self._cut = chunk.finish_reason
        self._written += chunk.reasoning + chunk.text
        self._written += chunk.call.name + chunk.call.arguments if chunk.call else ""

    def _feed(self, chunk: ModelChunk) -> list[Piece]:
        pieces = self._reader.feed(chunk.text)
        return pieces + self._reader.feed_call(chunk.call) if chunk.call else pieces
