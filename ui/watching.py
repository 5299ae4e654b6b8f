"""Shows a chat on a page, and follows its run."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

import gradio as gr

from agent_core import GlassboxError, Session
from agent_core.events import Event, RunFinished
from ui.chats import Chats
from ui.config import Config
from ui.owners import person_of
from ui.pace import Pace
from ui.texts import read_text
from ui.view.page_updates import Drawn, PageUpdates, empty_page, unchanged_page
from ui.view.transcript import Transcript
from ui.view.turn_bar import Actions

Result = TypeVar("Result")

_LONGEST_WAIT = 5.0  # seconds for the last watch of a page to end, in case that Gradio has dropped it


class _Writer:
    """A watch that writes to a page, until it is asked to leave."""

    def __init__(self) -> None:
        self.leave = asyncio.Event()
        self.ended = asyncio.Event()


class Watching:
    """Shows chats on pages, on each one chat at a time: the one that was asked for last.

    Args:
        config: How the app is configured.
        chats: The chats.
        pace: How often pages get updates.
        advises: Whether to say of an error which setting can help, because a person has these settings.
    """

    def __init__(self, config: Config, chats: Chats, pace: Pace, *, advises: bool = True) -> None:
        self._config = config
        self._advises = advises
        self._chats = chats
        self._pace = pace
        self._writers: dict[str, _Writer] = {}  # by the sessions of their pages
        self._drawn: dict[str, tuple[str, Drawn | None]] = {}  # by the same: which chat is shown there, and what of it

    async def watch(self, chat_id: str | None, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Show the chat, and follow the run in progress, if any, to its end.

        Yields the updates of PageUpdates.
        """
        page = request.session_hash or secrets.token_hex()
        async with self._alone(page) as leave:
            shown, drawn = self._drawn.pop(page, ("", None))
            try:
                chat = await self._chats.find(chat_id, person_of(request, self._config))
            except GlassboxError as error:
                yield empty_page(str(error))
                return
            if chat is None:
                yield empty_page(read_text("no_such_chat") if chat_id else "")
                return
            opened, transcript = chat.version(0), Transcript()
            view = PageUpdates(chat.assets, drawn if shown == opened else None)
            async with aclosing(_until(leave, chat.session.follow(), self._pace)) as news:
                async for events in news:
                    transcript.apply(events if self._advises else _without_advice(events))
                    self._drawn.pop(page, None)  # what a page that goes meanwhile has got is not known
                    with self._chats.seeing.metrics.update_seconds.time():  # until Gradio has sent it
                        yield view.update(transcript, chat.version(transcript.length), _actions(chat.session))
                    if not leave.is_set():  # else another chat may be there by now
                        self._note_drawn(page, opened, view.drawn)
            if not transcript.length:  # a generator that yields nothing would empty the components
                yield unchanged_page() if leave.is_set() else empty_page()

    async def watch_if_begun(
        self, chat_id: str | None, begun: bool, request: gr.Request
    ) -> AsyncGenerator[list[Any], None]:
        """Watch the run that began. An answer to the agent's question begins none: its run is being watched already."""
        if not begun:
            yield unchanged_page()
            return
        async with aclosing(self.watch(chat_id, request)) as views:
            async for view in views:
                yield view

    def _note_drawn(self, page: str, opened: str, drawn: Drawn | None) -> None:
        """Note what a page shows from now on, so that its next watch does not send it again."""
        self._drawn[page] = opened, drawn
        while len(self._drawn) > self._config.pages:
            del self._drawn[next(iter(self._drawn))]

    @asynccontextmanager
    async def _alone(self, page: str) -> AsyncIterator[asyncio.Event]:
        """Make the page's last watch leave, and wait until it has sent what it had to: else two chats would mix."""
        before, mine = self._writers.get(page), _Writer()
        self._writers[page] = mine
        try:
            if before:
                before.leave.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(before.ended.wait(), _LONGEST_WAIT)
            yield mine.leave
        finally:
            mine.ended.set()
            if self._writers.get(page) is mine:
                del self._writers[page]


def _without_advice(events: list[Event]) -> list[Event]:
    """Return events whose errors name no kind, by which the view would know what helps."""
    return [replace(event, code="") if isinstance(event, RunFinished) else event for event in events]


def _actions(session: Session) -> Actions:
    """Return what can be done with a chat at rest. While something goes on, the style sheet hides it."""
    return Actions(tuple(session.versions), tuple((step.number, step.code) for step in session.agent.lost_steps))


async def _until(
    leave: asyncio.Event, news: AsyncGenerator[list[Event], None], pace: Pace
) -> AsyncGenerator[list[Event], None]:
    """Yield what comes, at this pace, until it is time to leave."""
    leaving, began = asyncio.create_task(leave.wait()), time.monotonic()
    async with aclosing(news):
        try:
            while coming := await _first(_next(news), leaving):
                yield coming
                await _first(pace.wait(time.monotonic() - began), leaving)
        finally:
            leaving.cancel()


async def _next(news: AsyncGenerator[list[Event], None]) -> list[Event]:
    return await anext(news, [])


async def _first(work: Coroutine[Any, Any, Result], leaving: asyncio.Task[Any]) -> Result | None:
    """Return what the work returns; None if it is time to leave."""
    coming = asyncio.create_task(work)
    try:
        await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        coming.cancel()  # which does nothing to what has ended
        await asyncio.wait({coming})
    return None if leaving.done() else coming.result()
