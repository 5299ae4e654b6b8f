"""One call of a model: fit the messages into its window, send them through models/retry, and keep the reply."""

import asyncio
from dataclasses import dataclass

from agent_core.agents.actor import Actor
from agent_core.agents.chat_state import ChatState
from agent_core.agents.reply_stream import ModelRequest, ReplyStream
from agent_core.agents.run import Run
from agent_core.errors import ContextOverflow
from agent_core.events import CodeDelta, Compacted, PlanDelta, ReasoningDelta, ThoughtDelta
from agent_core.memory.compaction import compact, describe_variables
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Step
from agent_core.models.base import Message, Model
from agent_core.models.retry import with_fallbacks
from agent_core.models.served import ServedModel
from agent_core.models.settings import ModelSettings
from agent_core.parsing import Piece, Reply


class ModelCaller:
    """Asks the models of a run for their replies.

    Args:
        run: The run. Its models are asked, and it takes the events and the usage.
        chat: The chat; old steps in its memory are shortened when a context window is full.
        agent: Makes the request for a model.
    """

    def __init__(self, run: Run, chat: ChatState, agent: Actor) -> None:
        self._run = run
        self._chat = chat
        self._agent = agent

    async def ask(self, step: Step, *, planning: bool = False) -> Reply:
        """Ask for a step's reply, through failures and overflows.

        The reply is kept in the step. If the request is stopped, what has arrived until then is kept.

        Args:
            step: The step that begins with the reply.
            planning: Ask for a plan before the step instead, and do not keep it in the step.

        Raises:
            ModelError: All models failed.
        """
        run = self._run
        return await with_fallbacks(
            run.models, lambda model: self._ask_one(model, step, planning=planning), run.retry, run.emit
        )

    async def _ask_one(self, model: Model, step: Step, *, planning: bool) -> Reply:
        """Ask one model once; if the messages are too long for it, shorten them and ask again."""
        settings: ModelSettings = self._run.settings
        if isinstance(model, ServedModel):
            await model.look_up()  # what it can do decides how it is asked
            settings = {**model.settings, **settings}
        while True:
            request = self._agent.request_for(model)
            attempt = _Attempt(self._run, self._chat.memory, model, request, step, planning, settings)
            messages = attempt.fitting_messages()
            await self._chat.save()
            try:
                return await attempt.send(messages)
            except ContextOverflow as error:
                if not attempt.make_room(messages, error.window):
                    raise


@dataclass(frozen=True)
class _Attempt:
    """One request to one model.

    Attributes:
        run: The run; it takes the events and the usage.
        memory: The chat's memory.
        model: The model to ask.
        request: How to ask it.
        step: The step that begins with the reply.
        planning: Whether the reply is the plan before the step, which is shown but not kept.
        settings: What the request says: what the run says, or else the model.
    """

    run: Run
    memory: Memory
    model: Model
    request: ModelRequest
    step: Step
    planning: bool
    settings: ModelSettings

    @property
    def room(self) -> int:
        """The most tokens of the reply."""
        return self.run.windows.reply_tokens(self.model, self.settings.get("max_tokens"))

    def fitting_messages(self) -> list[Message]:
        """Return what to send, made shorter first if it is too long for the window, as far as that is known."""
        messages = self._messages()
        if (excess := self.run.windows.excess(self.model, messages, self.room)) and self._compact(excess):
            return self._messages()
        return messages

    async def send(self, messages: list[Message]) -> Reply:
        """Send the messages and return the reply. Raises ModelError."""
        run, silence = self.run, self.settings.get("timeout")
        retry = run.retry.with_silence(silence) if silence else run.retry
        settings: ModelSettings = {**self.settings, "max_tokens": self.room}
        if silence:
            settings["timeout"] = retry.first_delta_timeout  # the run itself gives it up earlier
        stream = ReplyStream(self.model, self.request, messages, retry, self._emit, run.emit)
        try:
            reply = await stream.read(settings)
        except asyncio.CancelledError:
            self._keep(stream.reply)  # a person has read it; the reply of a failed attempt is void
            raise
        finally:
            run.spend(stream.usage)
        self._keep(reply)
        run.windows.learn(self.model, messages, stream.usage)
        return reply

    def make_room(self, messages: list[Message], window: int | None) -> bool:
        """Learn from a refusal of these messages as too long. Return whether the next attempt will ask for less.

        Args:
            messages: What was sent.
            window: Tokens, as the service named it; None if it did not.
        """
        room = self.room
        excess = self.run.windows.overflowed(self.model, messages, window)
        return self._compact(excess) or self.room < room

    def _messages(self) -> list[Message]:
        return self.memory.messages(self.request.system_prompt, self.request.message_format)

    def _compact(self, excess: int) -> bool:
        """Shorten old steps. Returns whether anything could be shortened."""
        windows = self.run.windows
        before = windows.tokens(self.model, self._messages())
        if not compact(self.memory, excess, vision=self.request.message_format.vision):
            return False
        self.memory.remind(self.step, describe_variables(self.memory))
        self.run.emit(Compacted(before, windows.tokens(self.model, self._messages())))
        return True

    def _keep(self, reply: Reply) -> None:
        if not self.planning:
            self.step.keep_reply(reply)

    def _emit(self, reasoning: str, pieces: list[Piece]) -> None:
        prose = PlanDelta if self.planning else ThoughtDelta
        if reasoning and not self.planning:
            self.run.emit(ReasoningDelta(reasoning))
        for piece in pieces:
            if piece.kind == "prose":
                self.run.emit(prose(piece.text))
            elif not self.planning:
                self.run.emit(CodeDelta(piece.text))
