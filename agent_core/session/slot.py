"""A run's place in a queue."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from agent_core.events import Event, RunQueued
from agent_core.reply_time import ReplyTime

_Reply = TypeVar("_Reply")


class RunSlot(Protocol):
    """A run's place in a queue, for programs that limit how many runs are in progress at a time."""

    async def wait(self, tell: Callable[[int, int | None], None]) -> None:
        """Wait until the run may begin, or may go on after a `pause`.

        Args:
            tell: Called with the number of runs that have to end first, and about how many seconds that takes, None if
                that is not known: whenever one of them changes.
        """
        ...

    def pause(self) -> None:
        """Let another run go on, because this one waits for a person. `wait` or `go_on` ends it."""
        ...

    def go_on(self) -> None:
        """End a `pause` at once, without waiting: the person did not reply."""
        ...

    def leave(self) -> None:
        """Leave the queue, or let the next run begin if this one has ended."""
        ...


class RunPlace:
    """What a run has of its slot: it tells how the queue moves, and lends the slot out while it waits for a person.

    Args:
        slot: The slot; None if nothing limits the runs.
        tell: Takes the events of the queue.

    Attributes:
        is_queued: Whether the run waits for the slot.
    """

    def __init__(self, slot: RunSlot | None, tell: Callable[[Event], None]) -> None:
        self.is_queued = False
        self._slot = slot
        self._tell = tell

    async def wait(self, question: str | None) -> bool:
        """Wait until the run may begin, or go on.

        Args:
            question: The question to name in the events, "" for none; None for no events.

        Returns:
            Whether it had to wait.
        """
        waited = False

        def tell(before: int, seconds: int | None) -> None:
            nonlocal waited
            waited = True
            if question is not None:
                self._tell(RunQueued(question, before, seconds))

        if self._slot:
            self.is_queued = True
            try:
                await self._slot.wait(tell)
            finally:
                self.is_queued = False
        return waited

    async def lend_until(self, reply: Awaitable[_Reply], time: ReplyTime) -> _Reply:
        """Return a person's reply. Other runs can have the slot until then; the next one that is free is waited for.

        Args:
            reply: The reply.
            time: The time for it, which does not run while the slot is waited for.
        """
        if self._slot is None:
            return await reply
        self._slot.pause()
        try:
            replied = await reply
        except BaseException:  # as when the time is over: nothing can be waited for any more
            self._slot.go_on()
            raise
        time.set_running(False)
        if await self.wait(""):
            self._tell(RunQueued("", 0))
        return replied

    def leave(self) -> None:
        """Leave the slot."""
        if self._slot:
            self._slot.leave()
