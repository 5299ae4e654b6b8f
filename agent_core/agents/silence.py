"""Tells what is known of a model that is silent, before its reply or within it, and gives it up after a while."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from agent_core.events import ModelSilent, ServerState
from agent_core.models.base import Model, PromptProgress
from agent_core.models.retry import RetryPolicy
from agent_core.models.served import ServedModel
from agent_core.models.signs_of_life import listening

SILENT_SECONDS = 8.0  # after which a silence is worth a word
LOOK_SECONDS = 3.0  # between two looks at what the server does meanwhile
_ALIVE_SECONDS = 20.0  # that a service counts as alive after each sign, for what is said of it


class SilenceWatch:
    """Watches how a reply comes, as a context manager. Raises TimeoutError there once the model is given up.

    Args:
        model: The model that was asked.
        retry: How long it may be silent.
        tell: Takes an event after SILENT_SECONDS of a silence, and each later one that says something else.

    Attributes:
        begun: Whether the reply has begun.
    """

    def __init__(self, model: Model, retry: RetryPolicy, tell: Callable[[ModelSilent], None]) -> None:
        self.begun = False
        self._model = model
        self._retry = retry
        self._tell = tell
        self._progress: PromptProgress | None = None
        self._limit = asyncio.timeout(None)
        self._listening = listening(self.note_sign)
        self._since = self._sign = 0.0  # the loop's time when the silence began, and of the last sign of life

    @property
    def progress(self) -> PromptProgress | None:
        """How far the server has read the messages, as its stream said last; None if it has not begun to."""
        return self._progress

    async def __aenter__(self) -> Self:
        self._since = self._sign = asyncio.get_running_loop().time()
        self._watching = asyncio.create_task(self._watch())
        self._listening.__enter__()
        await self._limit.__aenter__()
        self._limit.reschedule(self._end)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._watching.cancel()
        self._listening.__exit__(None, None, None)
        try:
            await asyncio.wait([self._watching])
        finally:
            await self._limit.__aexit__(*error)  # pyright: ignore[reportArgumentType] - as it was given

    def note_sign(self) -> None:
        """Note that the service is there, though it sends no words."""
        self._sign = asyncio.get_running_loop().time()
        if not self._limit.expired():  # as while the connection of a model that was given up is closed
            self._limit.reschedule(self._end)

    def note_progress(self, progress: PromptProgress) -> None:
        """Note how far the messages are read."""
        self._progress = progress
        self.note_sign()

    def note_piece(self, seconds_left: float | None = None) -> None:
        """Note that a piece of the reply has come.

        Args:
            seconds_left: After how many seconds the rest is not waited for; None if it is needed.
        """
        self.begun = True
        self._since = self._sign = now = asyncio.get_running_loop().time()
        self._limit.reschedule(self._end if seconds_left is None else now + seconds_left)

    @property
    def _end(self) -> float:
        """When the model is given up, on the loop's clock."""
        quiet = self._retry.idle_timeout if self.begun else self._retry.silence_timeout
        return min(self._sign + quiet, self._since + self._retry.first_delta_timeout)

    async def _watch(self) -> None:
        loop, told, told_of = asyncio.get_running_loop(), None, 0.0
        while True:
            since = self._since
            if (early := since + SILENT_SECONDS - loop.time()) > 0:
                await asyncio.sleep(early)
                continue
            known = await self._known()
            if since == self._since and (known, since) != (told, told_of):
                told, told_of = known, since
                self._tell(replace(known, seconds=round(loop.time() - since)))
            await asyncio.sleep(LOOK_SECONDS)

    async def _known(self) -> ModelSilent:
        state: ServerState = ""
        if isinstance(self._model, ServedModel) and not (self._progress or self.begun):
            state = await self._model.state()
        if state:
            self.note_sign()
        signs = asyncio.get_running_loop().time() - self._sign < _ALIVE_SECONDS and self._sign > self._since + 1
        most = self._retry.first_delta_timeout if state or signs or self._progress else self._end - self._since
        known = ModelSilent(self._model.name, state or ("alive" if signs else ""), limit=round(most), begun=self.begun)
        if self._progress and not self.begun:  # it may have come while the server was asked
            read, tokens = self._progress.read, self._progress.total
            return replace(known, state="reading", tokens_read=read, tokens=tokens)
        return known
