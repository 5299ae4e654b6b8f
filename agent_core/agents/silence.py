"""Tells what is known of a model that has not begun to answer."""

import asyncio
from collections.abc import Callable
from typing import Self

from agent_core.events import ModelSilent
from agent_core.models.base import Model, PromptProgress
from agent_core.models.served import ServedModel

SILENT_SECONDS = 8.0  # after which a reply that has not begun is worth a word
LOOK_SECONDS = 3.0  # between two looks at what the server does meanwhile


class SilenceWatch:
    """Watches for the beginning of a reply, as a context manager.

    Args:
        model: The model that was asked.
        tell: Takes an event after SILENT_SECONDS, and each later one that says something else.

    Attributes:
        progress: How far the server has read the messages, as its stream said last; None if it has not begun to.
    """

    def __init__(self, model: Model, tell: Callable[[ModelSilent], None]) -> None:
        self.progress: PromptProgress | None = None
        self._model = model
        self._tell = tell

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        await asyncio.wait([self._watching])

    def stop(self) -> None:
        """Tell no more: the reply has begun."""
        self._watching.cancel()

    async def _watch(self) -> None:
        await asyncio.sleep(SILENT_SECONDS)
        told = None
        while True:
            known = await self._known()
            if known != told:
                self._tell(known)
            told = known
            await asyncio.sleep(LOOK_SECONDS)

    async def _known(self) -> ModelSilent:
        name = self._model.name
        state = await self._model.state() if isinstance(self._model, ServedModel) and not self.progress else ""
        if self.progress:  # it may have come while the server was asked
            return ModelSilent(name, "reading", self.progress.read, self.progress.total)
        return ModelSilent(name, state)
