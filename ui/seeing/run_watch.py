"""The runs of all chats, noticed by their events: when each was queued, began and ended."""

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_core import Session
from agent_core.events import (
    Event,
    ModelWaiting,
    PlanDelta,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    StepStarted,
)
from agent_core.models.provider_names import provider_name

_BEGINNINGS = RunStarted | RunResumed | PlanDelta | StepStarted | ModelWaiting


@dataclass(eq=False)
class SeenRun:
    """A run that is queued or in progress. Times are those of the monotonic clock.

    Attributes:
        chat: A short mark of its chat, from which nobody can tell the chat's id.
        provider: Who serves its model; see `provider_name`.
        waiting_since: Since when it waits in the queue: before it begins, or after a person's reply. None if it does
            not.
        began: When it began; None before.
    """

    chat: str
    provider: str
    waiting_since: float | None = None
    began: float | None = None

    @property
    def waits(self) -> bool:
        """Whether it waits in the queue."""
        return self.waiting_since is not None

    @property
    def waited(self) -> float:
        """The seconds that it waits by now."""
        return 0.0 if self.waiting_since is None else time.monotonic() - self.waiting_since

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return 0.0 if self.began is None else time.monotonic() - self.began


class RunSink(Protocol):
    """Takes what happens in runs, for counting or for the log."""

    def queued(self, run: SeenRun) -> None:
        """Called when a run begins to wait."""

    def began(self, run: SeenRun) -> None:
        """Called when a run begins; it still says how long it waited."""

    def happened(self, run: SeenRun, event: Event) -> None:
        """Called with each event between the beginning and the end."""

    def ended(self, run: SeenRun, end: RunFinished) -> None:
        """Called when a run has ended."""


class RunWatch:
    """Watches the runs of all chats.

    Args:
        sinks: Take what happens.

    Attributes:
        runs: The runs that are queued or in progress, the oldest first.
    """

    def __init__(self, sinks: Sequence[RunSink]) -> None:
        self._sinks = sinks
        self.runs: dict[SeenRun, None] = {}

    def observer(self, session: Session) -> Callable[[Event], None]:
        """Return what takes the events of a chat."""
        chat, run = mark_of(session.chat_id), None

        def observe(event: Event) -> None:
            nonlocal run
            if run is None:
                if not isinstance(event, RunQueued | _BEGINNINGS | RunFinished):
                    return  # such as of steps that run again
                run = SeenRun(chat, provider_name(session.agent.model))
                self.runs[run] = None
            self._note(run, event)
            if isinstance(event, RunFinished):
                run = None

        return observe

    def _note(self, run: SeenRun, event: Event) -> None:
        if isinstance(event, RunQueued):
            self._note_queue(run, event)
            return
        if run.began is None and not isinstance(event, RunFinished):  # else it ended in the queue
            run.began = time.monotonic()
            self._tell(lambda sink: sink.began(run))
            run.waiting_since = None
        if isinstance(event, RunFinished):
            del self.runs[run]
            self._tell(lambda sink: sink.ended(run, event))
        else:
            self._tell(lambda sink: sink.happened(run, event))

    def _note_queue(self, run: SeenRun, place: RunQueued) -> None:
        if not place.before:  # it goes on
            run.waiting_since = None
        elif not run.waits:
            run.waiting_since = time.monotonic()
            if run.began is None:
                self._tell(lambda sink: sink.queued(run))

    def _tell(self, tell: Callable[[RunSink], None]) -> None:
        for sink in self._sinks:
            tell(sink)


def failure_kind(event: ModelWaiting | RunFinished) -> str:
    """Return in which way a request to a model failed: an ErrorCode or "other"; "" if none did.

    A run that ended with an error of no code did not end by its model.
    """
    if isinstance(event, ModelWaiting):
        return event.code or "other"
    return event.code if event.reason == "error" else ""


def mark_of(chat_id: str) -> str:
    """Return a short mark of a chat; for one that is not kept, any."""
    return hashlib.sha256(chat_id.encode()).hexdigest()[:8] if chat_id else secrets.token_hex(4)
