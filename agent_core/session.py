"""A chat and its run: the run goes on by itself, while viewers come and go."""

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
    ChatSuspended,
    Event,
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
    """A run's place in a queue, for programs that let only so many runs go on at the same time."""

    async def wait(self, tell: Callable[[int], None]) -> None:
        """Wait until the run may begin.

        Args:
            tell: is given the number of runs that have to end first, whenever it changes.
        """
        ...

    def leave(self) -> None:
        """Leave the queue, or let the next run begin."""
        ...


class Session:
    """One chat: its agent, the run that is going on, if any, and the log of all that happened.

    Any number of viewers can `follow` the log, from any index.

    Args:
        agent: answers the questions of this chat.
        unviewed_seconds: a run that nobody has viewed for so long is stopped.

    Attributes:
        log: every event since the chat began.
        last_used: when it was used last, on the monotonic clock.
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

    def start(self, question: str, files: Sequence[Path] = (), slot: RunSlot | None = None) -> None:
        """Begin to answer a question.

        Args:
            question: of the person.
            files: come with the question; see `Agent.stream`.
            slot: is waited for before the run, and left after it.

        Raises:
            Busy: if a run is going on.
        """
        self._begin(lambda: self.agent.stream(question, files=files), question, slot)

    def resume(self, more_steps: int, slot: RunSlot | None = None) -> None:
        """Go on with the last question, whose run ended at a limit.

        Args:
            more_steps: how many steps the run may make now.
            slot: as in `start`.

        Raises:
            Busy: if a run is going on.
            GlassboxError: if the last run did not end at a limit.
        """
        if not self.running and not self.agent.can_resume:
            raise GlassboxError("There is nothing to go on with any more. Ask a new question.")
        self._begin(lambda: self.agent.stream_resume(more_steps), "", slot)

    async def follow(self, start: int = 0, *, pause: float = 0.0) -> AsyncGenerator[list[Event], None]:
        """Yield the events from an index on, then new ones as they come, until no run is going on.

        Args:
            start: index into the log.
            pause: seconds to gather events before the next list, for a viewer that needs only so many lists a second.
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
        """Wait for the person's decision about a request; use it as the chat's `Policy.ask`."""
        return await self._wait_for_person(request)

    def decide(self, request_id: str, decision: Decision) -> bool:
        """Give the decision that a request waits for. Return False if the request is unknown, or no longer waits."""
        return self._reply(request_id, PermissionRequest, decision)

    async def ask_user(self, question: Question) -> str:
        """Wait for the person's answer to a question; use it as the agent's `ask_user`."""
        return await self._wait_for_person(question)

    @property
    def open_question(self) -> Question | None:
        """The question to answer next; None if a permission was asked for before it, or nothing is asked."""
        first = next((asked for asked, reply in self._waiting.values() if not reply.done()), None)
        return first if isinstance(first, Question) else None

    def answer(self, question_id: str, text: str) -> bool:
        """Give the answer that a question waits for. Return False if the question is unknown, or no longer waits."""
        return self._reply(question_id, Question, text)

    async def suspend(self) -> None:
        """End the chat's processes unless a run is going on. Files stay, variables are gone."""
        if not self.running and await self.agent.suspend():
            self._append(ChatSuspended())

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

    def _begin(self, stream: Callable[[], AsyncGenerator[Event, None]], question: str, slot: RunSlot | None) -> None:
        if self.running:
            raise Busy("An answer is being worked on. Wait for it, or stop it first.")
        self.last_used = time.monotonic()
        self._task = asyncio.create_task(self._run(stream, question, slot))
        if slot:
            self._task.add_done_callback(lambda _: slot.leave())
        self._task.add_done_callback(lambda _: self._wake_viewers())

    async def _run(
        self, stream: Callable[[], AsyncGenerator[Event, None]], question: str, slot: RunSlot | None
    ) -> None:
        began, first, before = time.monotonic(), len(self.log), self.agent.usage
        watch = asyncio.create_task(self._stop_when_unviewed())

        def cut_off(reason: Reason, message: str, code: ErrorCode = "") -> None:
            if not any(isinstance(event, RunStarted | RunResumed) for event in self.log[first:]):
                self._append(RunStarted(question) if question else RunResumed())
            self._append(_cut_off(self.log[first:], began, self.agent.usage.since(before), reason, message, code))

        try:
            if slot:
                await slot.wait(lambda before: self._append(RunQueued(question, before)))
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
    """Return the end of a run that could not tell it itself."""
    steps = sum(isinstance(event, StepStarted) for event in events)
    return RunFinished(reason, message, steps, time.monotonic() - began, usage, code)
