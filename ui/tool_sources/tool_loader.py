"""Loads tools within a time limit, and waits before it asks a source again that failed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from agent_core import GlassboxError
from agent_core.net.cooldown import Cooldown
from ui.texts import words

REST_SECONDS = 60.0

Source = TypeVar("Source")
Loaded = TypeVar("Loaded")


class ToolLoader(Generic[Source]):
    """Asks sources for their tools, and remembers which of them failed.

    Args:
        seconds: How long a source may take.
        rest_seconds: How long not to ask a source again after it failed.
    """

    def __init__(self, seconds: float, rest_seconds: float = REST_SECONDS) -> None:
        self._seconds = seconds
        self._cooldown: Cooldown[Source] = Cooldown(rest_seconds)
        self._problems: dict[Source, str] = {}  # the last problem of each source that failed

    async def load(self, source: Source, name: str, ask: Callable[[], Awaitable[Loaded]]) -> Loaded:
        """Ask a source for its tools. If it failed a short while ago, this fails in the same way without asking.

        Args:
            source: The source.
            name: Its name for people.
            ask: Asks it.

        Returns:
            What the source answers.

        Raises:
            GlassboxError: The source failed, or was too slow.
        """
        if self.is_resting(source):
            raise GlassboxError(self._problems[source])
        try:
            async with asyncio.timeout(self._seconds):
                loaded = await ask()
        except (TimeoutError, GlassboxError) as error:
            problem = str(error) or words("tools.too_slow", name=name)
            self._problems[source] = problem
            self._cooldown.failed(source)
            raise GlassboxError(problem) from error
        self._forget(source)
        return loaded

    def is_resting(self, source: Source) -> bool:
        """Return whether a source failed a short while ago, so that it is not asked now."""
        return self._cooldown.is_cooling(source)

    def has_failed(self, source: Source) -> bool:
        """Return whether a source failed the last time, however long ago."""
        return source in self._problems

    def retry(self, is_meant: Callable[[Source], bool]) -> None:
        """Let sources be asked again at once if `is_meant` returns true for them."""
        for source in [source for source in self._problems if is_meant(source)]:
            self._forget(source)

    def _forget(self, source: Source) -> None:
        self._problems.pop(source, None)
        self._cooldown.worked(source)
