"""The talk with the model about one chat: what is sent fits its window, what comes back is read as it is written."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from agent_core.agents.run import Run
from agent_core.errors import ContextOverflow
from agent_core.events import CodeDelta, Compacted, PlanDelta, ReasoningDelta, ThoughtDelta
from agent_core.memory.compaction import compact, describe_variables
from agent_core.memory.memory import Step
from agent_core.memory.window import Windows
from agent_core.models.base import CallDelta, Message, Model
from agent_core.models.retry import stream_reply, with_fallbacks
from agent_core.parsing import Piece, Reply
from agent_core.usage import Usage

if TYPE_CHECKING:
    from agent_core.agents.base import Agent


class Reader(Protocol):
    """Reads a reply piece by piece. finished: its action is complete; what still comes is not part of it."""

    @property
    def finished(self) -> bool: ...

    def feed(self, text: str) -> list[Piece]: ...

    def feed_call(self, delta: CallDelta) -> list[Piece]: ...

    def close(self) -> list[Piece]: ...

    def reply(self) -> Reply: ...


class Dialogue:
    """Asks for the replies of an agent's chat, in the form that the agent gives it."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._windows = Windows()

    async def ask(self, run: Run, step: Step, *, planning: bool = False) -> Reply:
        """Ask for the next reply, through failures and overflows. What is heard of a step's reply is kept in the step,
        up to where it was stopped.

        planning: the reply is the plan before the step. Raises ModelError.
        """

        async def attempt(model: Model) -> Reply:
            while True:
                messages = self._fitting_messages(run, step, model)
                try:
                    return await self._send(run, step, model, messages, planning=planning)
                except ContextOverflow as error:
                    reply_tokens = self._windows.reply_tokens(model)
                    excess = self._windows.overflowed(model, messages, error.window)
                    shorter_reply = self._windows.reply_tokens(model) < reply_tokens
                    if not self._compact(run, step, model, excess) and not shorter_reply:
                        raise

        return await with_fallbacks(run.models, attempt, self._agent.retry, run.emit)

    def _messages(self, model: Model) -> list[Message]:
        native = self._agent.functions(model) is not None
        return self._agent.memory.messages(self._agent.full_system_prompt(native=native), self._agent.manner(model))

    def _fitting_messages(self, run: Run, step: Step, model: Model) -> list[Message]:
        messages = self._messages(model)
        if (excess := self._windows.excess(model, messages)) and self._compact(run, step, model, excess):
            return self._messages(model)
        return messages

    def _compact(self, run: Run, step: Step, model: Model, excess: int) -> bool:
        """Shorten what is sent of old steps. Returns whether anything could be shortened."""
        before = self._windows.tokens(model, self._messages(model))
        if not compact(self._agent.memory, excess, vision=model.capabilities.vision):
            return False
        self._agent.memory.remind(step, describe_variables(self._agent.memory))
        run.emit(Compacted(before, self._windows.tokens(model, self._messages(model))))
        return True

    async def _send(self, run: Run, step: Step, model: Model, messages: list[Message], *, planning: bool) -> Reply:
        reader, spent = self._agent.reader(model), list[Usage]()

        def spend(usage: Usage) -> None:
            spent.append(usage)
            run.spend(usage)

        try:
            await stream_reply(
                model,
                messages,
                reader,
                tools=self._agent.functions(model),
                max_tokens=self._windows.reply_tokens(model),
                retry=self._agent.retry,
                hear=_teller(run, planning=planning),
                spend=spend,
            )
        except asyncio.CancelledError:
            if not planning:
                step.keep_reply(reader.reply())  # a person has read it; what a failed attempt said is void
            raise
        reply = reader.reply()
        if not planning:
            step.keep_reply(reply)
        self._windows.learn(model, messages, spent[-1])
        return reply


def _teller(run: Run, *, planning: bool) -> Callable[[str, list[Piece]], None]:
    """What tells the run's viewers of a reply as it is written."""

    def hear(reasoning: str, pieces: list[Piece]) -> None:
        if reasoning and not planning:
            run.emit(ReasoningDelta(reasoning))
        for piece in pieces:
            if piece.kind == "prose":
                run.emit(PlanDelta(piece.text) if planning else ThoughtDelta(piece.text))
            elif not planning:
                run.emit(CodeDelta(piece.text))

    return hear
