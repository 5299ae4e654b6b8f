"""Gradio's event queue with limits for each visitor. By itself it keeps everything that is sent, at others' cost."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import fastapi
import gradio as gr
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Queue
from gradio.utils import cancel_tasks, run_coro_in_background

from ui.config import Config
from ui.texts import words
from ui.visitors import visitor_of

_LOOK_SECONDS = 0.01  # from one look for new events to the next; Gradio's own 0.001 keep an idle machine from its rest
_Pushed = tuple[
    bool, str | list[dict[str, Any]], Literal["success", "error", "queue_full", "validator_error"]
]  # as Gradio has it

_GONE_SECONDS = 300.0  # without a connection or an event, after which a page or a program does not come back
_CHECK_SECONDS = 10.0


class VisitorsQueue(Queue):
    """Queues the events of the page and of programs.

    If a visitor has too many sessions, the oldest are forgotten, and so are those whose page or program is gone: by
    itself Gradio keeps some 100 KB of each for as long as the app runs.
    """

    def __init__(self, page: gr.Blocks, config: Config) -> None:
        super().__init__(
            live_updates=True,
            concurrency_count=config.events,
            update_intervals=1,
            max_size=None,
            blocks=page,
            default_concurrency_limit=None,
        )
        self.ANALYTICS_MAX_EVENTS = 100  # which nobody looks at
        self.sleep_when_free = self.progress_update_sleep_when_free = _LOOK_SECONDS
        self._config = config
        self._sessions: dict[str, str] = {}  # to their visitors; the least recently used first
        self._used: dict[str, float] = {}  # when each of them last had an event or a connection
        self._connected: Counter[str] = Counter()

    def start(self) -> None:
        """Start. By itself Gradio limits events in progress to its number of threads."""
        self.max_thread_count = self._config.events
        super().start()
        run_coro_in_background(self._look_after)

    def compute_analytics_summary(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """Sum up nothing: after each event Gradio would go through the last 10,000, for an address that is closed."""
        return self.cached_event_analytics_summary

    async def push(self, body: PredictBodyInternal, request: fastapi.Request, username: str | None) -> _Pushed:
        """Queue an event. Refuse it if the visitor has too many in progress."""
        if body.fn_index not in self.blocks.fns:
            return False, words("input.no_event"), "error"
        visitor, session = visitor_of(request, self._config), body.session_hash or ""
        if session:
            await self.keep(session, visitor)
        if not await self._made_room(session, visitor):
            return False, words("input.too_many_events"), "queue_full"
        pushed = await super().push(body, request, username)
        if not session and body.session_hash:  # Gradio has made one for this event
            await self.keep(body.session_hash, visitor)
        return pushed

    @contextmanager
    def connected(self, session: str) -> Iterator[None]:
        """Note that the page or the program of a session is connected, for as long as the block lasts."""
        self._connected[session] += 1
        try:
            yield
        finally:
            self._connected -= Counter([session])
            if session in self._used:
                self._used[session] = time.monotonic()

    async def forget_gone(self, seconds: float) -> None:
        """Forget the sessions that have been without a connection and without an event for so long."""
        oldest = time.monotonic() - seconds
        for session in [session for session, used in self._used.items() if used < oldest]:
            if not self._connected[session] and not self.pending_event_ids_session.get(session):
                await self._forget(session)

    async def keep(self, session: str, visitor: str) -> None:
        """Note that a session is in use. If its visitor, or all together, have too many, forget one."""
        self._sessions[session] = visitor = self._sessions.pop(session, visitor)
        self._used[session] = time.monotonic()
        held = Counter(self._sessions.values())
        if held[visitor] <= self._config.pages_per_visitor:
            if len(self._sessions) <= self._config.pages:
                return
            visitor = held.most_common(1)[0][0]
        await self._forget(self._of(visitor)[0])

    async def clean_events(self, *, session_hash: str | None = None, event_id: str | None = None) -> None:
        """End the events of a client that is gone. Otherwise its generators would continue for as long as a run."""
        await super().clean_events(session_hash=session_hash, event_id=event_id)
        unseen = [event for event in self.event_ids_to_events.values() if not event.alive]
        for event in unseen:
            self.pending_event_ids_session.get(event.session_hash, set()).discard(event._id)
        names = {f"{event.session_hash}_{event.fn._id}" for event in unseen if event.fn.types_generator}
        ending = asyncio.create_task(cancel_tasks(names))  # as a task, because the caller may be cancelled in between
        self._asyncio_tasks.add(ending)
        ending.add_done_callback(self._asyncio_tasks.discard)

    async def _made_room(self, session: str, visitor: str) -> bool:
        """Forget old sessions of the visitor if need be, and return whether one more event fits."""
        events = [event for job in self.active_jobs for event in job or ()]
        events += [event for waiting in self.event_queue_per_concurrency_id.values() for event in waiting.queue]
        own = sum(visitor_of(event.request, self._config) == visitor for event in events)
        if own >= self._config.events_per_visitor or len(events) >= self._config.events:
            return False
        most = 2 * self._config.events_per_visitor  # in progress, or ended and not fetched yet
        others = [other for other in self._of(visitor) if other != session]
        while others and self._pending(visitor) >= most:
            await self._forget(others.pop(0))
        return self._pending(visitor) < most

    def _of(self, visitor: str) -> list[str]:
        return [session for session, whose in self._sessions.items() if whose == visitor]

    def _pending(self, visitor: str) -> int:
        return sum(len(self.pending_event_ids_session.get(session, ())) for session in self._of(visitor))

    async def _look_after(self) -> None:
        while not self.stopped:
            await asyncio.sleep(_CHECK_SECONDS)
            await self.forget_gone(_GONE_SECONDS)

    async def _forget(self, session: str) -> None:
        if self._sessions.pop(session, None) is None:
            return
        self._used.pop(session, None)
        await self.clean_events(session_hash=session)
        self.pending_messages_per_session.pop(session, None)
        self.pending_event_ids_session.pop(session, None)
        self.blocks.state_holder.session_data.pop(session, None)
        self.blocks.state_holder.time_last_used.pop(session, None)
