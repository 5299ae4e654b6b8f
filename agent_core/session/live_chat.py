"""A chat whose run continues while viewers come and go."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from agent_core.agents.base import Agent
from agent_core.disk_space import FULL, is_full
from agent_core.errors import Busy, ErrorCode, GlassboxError
from agent_core.events import (
    ChatSuspended,
    Event,
    Reason,
    RunAgainFinished,
    RunFinished,
    RunResumed,
    RunStarted,
    StepsRunAgain,
    StepStarted,
)
from agent_core.execution import FileNote
from agent_core.models.settings import ModelSettings
from agent_core.permissions import Decision, PermissionRequest
from agent_core.questions import Question
from agent_core.session.loading import INTERRUPTED
from agent_core.session.slot import RunPlace, RunSlot
from agent_core.session.unviewed import until_unviewed
from agent_core.session.waiting import Waiting
from agent_core.usage import Usage

UNVIEWED_SECONDS = 60.0
UNVIEWED = "No page showed this chat any more, so it was interrupted."
_UNEXPECTED = "Something went wrong inside Glassbox. Ask again; the app's log has the details."
AddQuestion = Callable[[], Awaitable[tuple[FileNote, ...]]]
"""Takes a question into the chat without a run, and returns its files."""
Observer = Callable[[Event], None]
"""Takes the events of a chat's runs as they happen, and not those that were read from a store or are shown again."""

logger = logging.getLogger(__name__)


class LiveChat:
    """What a Session does with its run, its log and its viewers; whether the chat is kept, the subclass knows."""

    def __init__(self, agent: Agent, *, unviewed_seconds: float = UNVIEWED_SECONDS) -> None:
        self.agent = agent
        self.log: list[Event] = []
        self.observe: Observer = _do_nothing
        self.last_used = time.monotonic()
        self._waiting = Waiting()
        self._unviewed_seconds = unviewed_seconds
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None
        self._place = RunPlace(None, self._append)
        self._changed = asyncio.Event()
        self._closing = False
        self._interruption = ""  # why the run is interrupted, as a sentence; "" where a person stops it

    @property
    def running(self) -> bool:
        """Whether a run is in progress."""
        return self._task is not None and not self._task.done()

    async def settle(self) -> None:
        """Wait for a run whose end was shown, and is being written, so that another can begin."""
        if self.running and self._task and isinstance((self.log or [None])[-1], RunFinished | RunAgainFinished):
            await asyncio.wait([self._task])

    def start(
        self,
        question: str,
        files: Sequence[Path] = (),
        slot: RunSlot | None = None,
        *,
        values: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> None:
        """Start a run that answers a question.

        Args:
            question: The person's question.
            files: Files that come with the question; see `Agent.stream`.
            slot: A place in a queue. The run waits for it first, and leaves it at its end.
            values: What the code finds as variables of these names; see `Agent.stream`.
            settings: What the requests of this run say; see `Agent.stream`.

        Raises:
            Busy: A run is in progress.
        """
        if not self.running:
            self._begin_turn()
        self._begin(
            lambda: self.agent.stream(question, files=files, values=values, settings=settings),
            question,
            slot,
            add=lambda: self.agent.add_question(question, files, values),
        )

    def resume(self, more_steps: int, slot: RunSlot | None = None, *, settings: ModelSettings | None = None) -> None:
        """Continue with the last question, whose run ended at a limit.

        Args:
            more_steps: How many steps the run may make.
            slot: A place in a queue; see `start`.
            settings: What the requests of this run say; see `start`.

        Raises:
            Busy: A run is in progress.
            GlassboxError: The last run did not end at a limit.
        """
        if not self.running and not self.agent.can_resume:
            raise GlassboxError("There is nothing to continue. Ask a new question.")
        self._begin(lambda: self.agent.stream_resume(more_steps, settings=settings), "", slot)

    async def follow(self, start: int = 0, *, pause: float = 0.0) -> AsyncGenerator[list[Event], None]:
        """Follow the log from an index on, until no run is in progress.

        Args:
            start: The index into the log.
            pause: Seconds to wait after each list, so that a viewer gets fewer, longer lists.

        Yields:
            Lists of new events.
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
        """Stop the run in progress, if any, and wait until it has ended."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def ask(self, request: PermissionRequest) -> Decision:
        """Wait for the person's decision about a request; use it as the chat's `Policy.ask`."""
        reply = self._waiting.ask(request)
        if request.kind == "more_time":  # the code works on meanwhile
            return await reply
        return await self._place.lend_until(reply, request.time)

    def decide(self, request_id: str, decision: Decision) -> bool:
        """Decide about a permission request. Returns False if the request is unknown or no longer waits."""
        return self._waiting.decide(request_id, decision)

    async def ask_user(self, question: Question) -> str:
        """Wait for the person's answer to a question; use it as the agent's `ask_user`."""
        return await self._place.lend_until(self._waiting.ask_user(question), question.time)

    def look(self) -> None:
        """Say that a person sees the chat at this moment. Once this was called, their time for replies runs only for a
        few seconds after each call, and stands still between them.
        """
        self._waiting.look()

    @property
    def waits(self) -> bool:
        """Whether the run waits for the person's decision or answer."""
        return self._waiting.first is not None

    @property
    def asked(self) -> PermissionRequest | Question | None:
        """What to reply to next; None if there is nothing."""
        return self._waiting.first

    @property
    def open_question(self) -> Question | None:
        """The question to answer next; None if there is none, or a permission request comes first."""
        first = self._waiting.first
        return first if isinstance(first, Question) else None

    def answer(self, question_id: str, text: str) -> bool:
        """Answer a question. Returns False if the question is unknown or no longer waits."""
        return self._waiting.answer(question_id, text)

    def add_note(self, text: str) -> None:
        """Tell the model something before the next question.

        Args:
            text: What to tell it, one line or a few.
        """
        self.agent.memory.add_note(text)

    async def suspend(self, *, only_whole: bool = False, seconds: float | None = None) -> None:
        """End the chat's processes unless a run is in progress. Files stay, variables as far as they can be kept.

        Args:
            only_whole: Whether to end them only if no variable is lost.
            seconds: The time to write variables; 0 to write none, None for the usual one.
        """
        if self.running or not self.agent.is_awake:
            return
        if loss := await self.agent.suspend(only_whole=only_whole, seconds=seconds):
            self._append(ChatSuspended(loss if isinstance(loss, tuple) else ()))
        await self._save()

    def wind_down(self) -> None:
        """Have the run in progress, if any, end as interrupted: after its step, or at once if it waits for other runs,
        or for a person. Call it again while the run goes on, because it may come to wait.
        """
        if not self.running:
            return
        asked = self._waiting.first
        works_on = isinstance(asked, PermissionRequest) and asked.kind == "more_time"
        if self._place.is_queued or (asked and not works_on):
            self._interrupt(INTERRUPTED)
        else:
            self.agent.interrupt_after_step(INTERRUPTED)

    async def close(self, *, suspend_seconds: float | None = None) -> None:
        """Interrupt the run and close the agent.

        Args:
            suspend_seconds: The time to write variables in, so that they are there when the chat is loaded; 0 to note
                only that they are lost, None for neither.
        """
        self._closing, self._interruption = True, INTERRUPTED
        await self.stop()
        try:
            if suspend_seconds is not None:
                await self.suspend(seconds=suspend_seconds)
        finally:
            await self.agent.close()

    def _begin(
        self,
        stream: Callable[[], AsyncGenerator[Event, None]],
        question: str | None,
        slot: RunSlot | None,
        *,
        add: AddQuestion | None = None,
    ) -> None:
        """Begin a run. question: "" to go on with the last one, None if no model is asked. add: for a new one."""
        if self._closing:
            raise GlassboxError("This chat was closed meanwhile. Open it again, and try once more.")
        if self.running:
            raise Busy("An answer is already in progress. Wait for it, or stop it first.")
        self.last_used, self._interruption = time.monotonic(), ""
        self._place = place = RunPlace(slot, self._append)
        self._task = asyncio.create_task(self._run(stream, question, add))
        self._task.add_done_callback(lambda _: place.leave())
        self._task.add_done_callback(lambda _: self._wake_viewers())

    async def _run(
        self,
        stream: Callable[[], AsyncGenerator[Event, None]],
        question: str | None,
        add: AddQuestion | None,
    ) -> None:
        began, first, before = time.monotonic(), len(self.log), self.agent.usage
        watch = asyncio.create_task(self._interrupt_when_unviewed())

        def finish(reason: Reason, message: str, code: ErrorCode = "") -> None:
            if question is None:
                self._end_run_again(self.log[first:], message)
                return
            if not any(isinstance(event, RunStarted | RunResumed) for event in self.log[first:]):
                self._append(RunStarted(question) if question else RunResumed())
            self._append(_run_finished(self.log[first:], began, self.agent.usage.since(before), reason, message, code))

        try:
            async with self._keeping(question, add):
                await self._place.wait(question)
                async with aclosing(stream()) as events:
                    async for event in events:
                        self._append(event)
        except asyncio.CancelledError:
            if self._interruption:
                self.agent.chat.can_resume |= question is not None
                finish("interrupted", self._interruption)
            else:
                finish("stopped", "Stopped.")
        except GlassboxError as error:
            finish("error", str(error), error.code)
        except Exception as error:
            logger.exception("A run failed with an unexpected error")
            finish("error", FULL if is_full(error) else _UNEXPECTED)
        finally:
            watch.cancel()
            await self._save()

    def _end_run_again(self, events: list[Event], message: str) -> None:
        """Say that steps did not all run again, if they began to: who ends them no longer hears what they say."""
        begun = any(isinstance(event, StepsRunAgain) for event in events)
        if begun and not isinstance(events[-1], RunAgainFinished):
            self._append(RunAgainFinished(message))

    @asynccontextmanager
    async def _keeping(self, question: str | None, add: AddQuestion | None) -> AsyncGenerator[None]:
        """Have a question stay in the chat, with its files, if the run ends before it has taken them."""
        turns = len(self.agent.memory.turns)
        try:
            yield
        except BaseException:
            if add and len(self.agent.memory.turns) == turns:
                with suppress(GlassboxError):  # the model is told which files are missing
                    self._append(RunStarted(question or "", await add()))
            raise

    async def _interrupt_when_unviewed(self) -> None:
        await until_unviewed(self._unviewed_seconds, lambda: self._viewers > 0, lambda: self._place.is_queued)
        self._interrupt(UNVIEWED)

    def _interrupt(self, why: str) -> None:
        if self._task is not None and not self._interruption:
            self._interruption = why
            self._task.cancel()

    def _show(self, *events: Event) -> None:
        self.log.extend(events)
        self._wake_viewers()

    def _begin_turn(self) -> None:
        """Called before the first event of a question."""

    def _append(self, event: Event) -> None:
        """Show an event of the run, and have it observed."""
        self._show(event)
        if self.running:  # else it is an older run's, which is shown again
            try:
                self.observe(event)
            except Exception:
                logger.exception("An event of a run could not be observed")

    async def _save(self) -> None:
        """Called when the run has ended."""

    def _wake_viewers(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _do_nothing(_: Event) -> None:
    pass


def _run_finished(
    events: list[Event], began: float, usage: Usage, reason: Reason, message: str, code: ErrorCode
) -> RunFinished:
    """Return the last event of a run that did not emit it itself."""
    steps = sum(isinstance(event, StepStarted) for event in events)
    return RunFinished(reason, message, steps, time.monotonic() - began, usage, code)
