"""A chat and its run: the run goes on by itself, viewers come and go."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol

from agent_core.agents.base import Agent
from agent_core.errors import Busy, ErrorCode, GlassboxError
from agent_core.events import (
    Event,
    PutToRest,
    Reason,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    StepStarted,
)
from agent_core.permissions import Decision, PermissionRequest
from agent_core.questions import Question
from agent_core.usage import Usage

UNVIEWED_SECONDS = 60.0

logger = logging.getLogger(__name__)


class RunSlot(Protocol):
    """A place among runs of which only so many go on at the same time."""

    async def wait(self, tell: Callable[[int], None]) -> None:
        """Wait until it is free. tell: is told how many are before it, whenever that changes."""
        ...

    def leave(self) -> None:
        """Let another run have it."""
        ...


class Session:
    """One chat: its agent, the run that is going on, if any, and the log of all that happened.

    log: every event since the chat began. Viewers `follow` it from any index, as many as want to; a run that nobody
    has viewed for `unviewed_seconds` is stopped. last_used: on the monotonic clock.
    """

    def __init__(self, agent: Agent, *, unviewed_seconds: float = UNVIEWED_SECONDS) -> None:
        self.agent = agent
        self.log: list[Event] = []
        self.last_used = time.monotonic()
        self._unviewed_seconds = unviewed_seconds
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._waiting: dict[str, tuple[PermissionRequest | Question, asyncio.Future[Any]]] = {}

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self, question: str, files: Sequence[Path] = (), place: RunSlot | None = None) -> None:
        """Begin to answer a question. files: as in `Agent.stream`. place: is waited for first, and left at the end.

        Raises Busy while a run is going on.
        """
        self._begin(lambda: self.agent.stream(question, files=files), question, place)

    def resume(self, more_steps: int, place: RunSlot | None = None) -> None:
        """Go on with the last question, whose run ended at a limit. place: as in `start`.

        Raises Busy while a run is going on, GlassboxError where there is nothing to go on with.
        """
        if not self.running and not self.agent.can_resume:
            raise GlassboxError("There is nothing to go on with any more. Ask a new question.")
        self._begin(lambda: self.agent.stream_resume(more_steps), "", place)

    async def follow(self, start: int = 0, *, pause: float = 0.0) -> AsyncGenerator[list[Event], None]:
        """Yield the log from an index on, then what is new each time there is something, until no run is going on.

        pause: seconds to let events gather before the next list, for a viewer that needs only so many a second.
        """
        self._viewers += 1
        try:
            while True:
                changed, running = self._changed, self.running
                if start < len(self.log):
                    new, start = self.log[start:], len(self.log)
                    yield new
                    await asyncio.sleep(pause)
                elif running:
                    await changed.wait()
                else:
                    return
        finally:
            self._viewers -= 1
            self.last_used = time.monotonic()

    async def stop(self) -> None:
        """Stop the run that is going on, if any, and wait until it is over."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def ask(self, request: PermissionRequest) -> Decision:
        """Wait until somebody decides about a request of the running code; the chat's `Policy.ask`."""
        return await self._wait_for_person(request)

    def decide(self, request_id: str, decision: Decision) -> bool:
        """Give the decision that a request waits for; False if it is unknown, or does not wait any more."""
        return self._reply(request_id, PermissionRequest, decision)

    async def ask_user(self, question: Question) -> str:
        """Wait until somebody answers a question of the agent; its `ask_user`."""
        return await self._wait_for_person(question)

    @property
    def open_question(self) -> Question | None:
        """The question whose turn it is to be answered; None where a permission was asked for before, or nothing is."""
        first = next((asked for asked, reply in self._waiting.values() if not reply.done()), None)
        return first if isinstance(first, Question) else None

    def answer(self, question_id: str, text: str) -> bool:
        """Give the answer that a question waits for; False if it is unknown, or does not wait any more."""
        return self._reply(question_id, Question, text)

    async def rest(self) -> None:
        """End the processes of a chat in which no run goes on; its files stay, its variables are gone."""
        if not self.running and await self.agent.rest():
            self._append(PutToRest())

    async def close(self) -> None:
        """Stop the run and close the agent."""
        await self.stop()
        await self.agent.close()

    async def _wait_for_person(self, asked: PermissionRequest | Question) -> Any:
        reply = asyncio.get_running_loop().create_future()
        self._waiting[asked.id] = asked, reply
        try:
            return await reply
        finally:
            del self._waiting[asked.id]

    def _reply(self, asked_id: str, kind: type[PermissionRequest | Question], reply: str) -> bool:
        asked, waiting = self._waiting.get(asked_id, (None, None))
        if waiting is None or waiting.done() or not isinstance(asked, kind):
            return False
        waiting.set_result(reply)
        return True

    def _begin(self, stream: Callable[[], AsyncGenerator[Event, None]], question: str, place: RunSlot | None) -> None:
        if self.running:
            raise Busy("An answer is being worked on. Wait for it, or stop it first.")
        self.last_used = time.monotonic()
        self._task = asyncio.create_task(self._run(stream, question, place))
        if place:
            self._task.add_done_callback(lambda _: place.leave())
        self._task.add_done_callback(lambda _: self._wake_viewers())

    async def _run(
        self, stream: Callable[[], AsyncGenerator[Event, None]], question: str, place: RunSlot | None
    ) -> None:
        began, first, before = time.monotonic(), len(self.log), self.agent.usage
        watch = asyncio.create_task(self._stop_when_unviewed())

        def cut_off(reason: Reason, message: str, code: ErrorCode = "") -> None:
            if not any(isinstance(event, RunStarted | RunResumed) for event in self.log[first:]):
                self._append(RunStarted(question) if question else RunResumed())
            self._append(_cut_off(self.log[first:], began, self.agent.usage.since(before), reason, message, code))

        try:
            if place:
                await place.wait(lambda before: self._append(RunQueued(question, before)))
            async with aclosing(stream()) as events:
                async for event in events:
                    self._append(event)
        except asyncio.CancelledError:
            cut_off("stopped", "Stopped.")
        except GlassboxError as error:
            cut_off("error", str(error), error.code)
        except Exception:
            logger.exception("A run failed in a way it should not")
            cut_off("error", "Something went wrong inside Glassbox itself. Ask again; the log of the app says more.")
        finally:
            watch.cancel()

    async def _stop_when_unviewed(self) -> None:
        viewed = time.monotonic()
        while time.monotonic() - viewed < self._unviewed_seconds:
            await asyncio.sleep(min(1.0, self._unviewed_seconds / 4))
            if self._viewers:
                viewed = time.monotonic()
        if self._task is not None:
            self._task.cancel()

    def _append(self, event: Event) -> None:
        self.log.append(event)
        self._wake_viewers()

    def _wake_viewers(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _cut_off(
    events: list[Event], began: float, usage: Usage, reason: Reason, message: str, code: ErrorCode
) -> RunFinished:
    """The end of a run that could not say so itself."""
    steps = sum(isinstance(event, StepStarted) for event in events)
    return RunFinished(reason, message, steps, time.monotonic() - began, usage, code)
