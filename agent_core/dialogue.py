"""The talk with the model about one chat: what is sent fits its window, what comes back is read as it is written."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from agent_core.asking import Patience, listen, persist
from agent_core.compaction import compact, describe_variables
from agent_core.errors import ContextOverflow
from agent_core.events import CodeDelta, Compacted, PlanDelta, ReasoningDelta, ThoughtDelta
from agent_core.memory import Memory, Step
from agent_core.models.base import Message, Model, Usage
from agent_core.parsing import Piece, Reply, ReplyReader
from agent_core.run import Run
from agent_core.window import Windows


class Dialogue:
    """Asks for the replies of a chat.

    memory: the chat. system_prompt: makes it, for a model that gives its code in native calls (True) or in its text.
    calls_of: the functions that a model's reply may call natively; None where it acts in its text.
    """

    def __init__(
        self,
        memory: Memory,
        system_prompt: Callable[[bool], str],
        calls_of: Callable[[Model], Sequence[dict[str, Any]] | None],
    ) -> None:
        self._memory = memory
        self._system_prompt = system_prompt
        self._calls_of = calls_of
        self._windows = Windows()

    async def ask(self, run: Run, step: Step, patience: Patience, *, planning: bool = False) -> Reply:
        """Ask for the next reply, through failures and overflows. What is heard of a step's reply is kept in the step,
        up to where it was stopped.

        planning: the reply is the plan before the step. Raises ModelError.
        """

        async def attempt(model: Model) -> Reply:
            while True:
                messages = self._fitting_messages(run, step, model)
                try:
                    return await self._send(run, step, model, messages, patience, planning=planning)
                except ContextOverflow as error:
                    reply_tokens = self._windows.reply_tokens(model)
                    excess = self._windows.overflowed(model, messages, error.window)
                    shorter_reply = self._windows.reply_tokens(model) < reply_tokens
                    if not self._compact(run, step, model, excess) and not shorter_reply:
                        raise

        return await persist(run.models, attempt, patience, run.emit)

    def _messages(self, model: Model) -> list[Message]:
        code_calls = self._calls_of(model) is not None
        return self._memory.messages(
            self._system_prompt(code_calls), code_calls=code_calls, vision=model.capabilities.vision
        )

    def _fitting_messages(self, run: Run, step: Step, model: Model) -> list[Message]:
        messages = self._messages(model)
        if (excess := self._windows.excess(model, messages)) and self._compact(run, step, model, excess):
            return self._messages(model)
        return messages

    def _compact(self, run: Run, step: Step, model: Model, excess: int) -> bool:
        """Shorten what is sent of old steps. Returns whether anything could be shortened."""
        before = self._windows.tokens(model, self._messages(model))
        if not compact(self._memory, excess, vision=model.capabilities.vision):
            return False
        self._memory.remind(step, describe_variables(self._memory))
        run.emit(Compacted(before, self._windows.tokens(model, self._messages(model))))
        return True

    async def _send(
        self, run: Run, step: Step, model: Model, messages: list[Message], patience: Patience, *, planning: bool
    ) -> Reply:
        reader, spent = ReplyReader(), list[Usage]()

        def spend(usage: Usage) -> None:
            spent.append(usage)
            run.spend(usage)

        try:
            await listen(
                model,
                messages,
                reader,
                tools=self._calls_of(model),
                max_tokens=self._windows.reply_tokens(model),
                patience=patience,
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
