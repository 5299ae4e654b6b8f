"""What the tools of a chat remember between their calls, in the host's memory."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError

_CLOSE_SECONDS = 10.0  # for each thing that a tool left

logger = logging.getLogger(__name__)


class ToolStates:
    """What the tools of one chat remember, and what is to be done when the chat is closed."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], dict[str, Any]] = {}
        self._at_close: list[Callable[[], Any]] = []
        self._closed = False

    def of_tool(self, tool: str) -> dict[str, Any]:
        """Return what a tool remembers."""
        return self._states.setdefault(("tool", tool), {})

    def shared(self, name: str) -> dict[str, Any]:
        """Return what tools remember together under a name."""
        return self._states.setdefault(("shared", name), {})

    def at_close(self, close: Callable[[], Any]) -> None:
        """Have a function called when the chat is closed. Raises ToolError if it is closed already."""
        if self._closed:
            raise ToolError("The chat is closed.")
        self._at_close.append(close)

    async def close(self) -> None:
        """Call what was left with `at_close`, the last first, and forget everything. Failures are only logged."""
        self._closed = True
        while self._at_close:
            close = self._at_close.pop()
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    ending = await run_in_own_thread(close)
                    if inspect.isawaitable(ending):
                        await ending
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # an exit, too, must not end the app
                logger.warning("What a tool left at the end of a chat was not closed: %s", type(error).__name__)
        self._states.clear()
