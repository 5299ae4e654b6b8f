"""One step of code that runs elsewhere, as the app sees it."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from agent_core.errors import GlassboxError, SandboxError
from agent_core.events import Displayed, OutputDelta, SandboxEvent
from agent_core.execution import Display, ErrorKind, Execution, ExecutionError
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.output import MOST_STREAMED, StepDisplays
from agent_core.sandbox.host.step_time import StepTime
from agent_core.sandbox.host.terminal import plain
from agent_core.sandbox.host.worker_messages import UsedMessage
from agent_core.sandbox.policy import Limits
from agent_core.sandbox.remote.frames import (
    MoreTimeMessage,
    PrintedMessage,
    ReplyMessage,
    ShownMessage,
    StepMessage,
    StepResult,
)
from agent_core.sandbox.remote.link import LOST, FarLink, LinkLost, in_links_loop

_PATIENCE_SECONDS = 30.0  # beyond the step's time, which the far end itself keeps to
_PATIENCE_PER_ANSWER = 1.0  # which the code waited for on its way, while the clock was running here
_EARLY_SECONDS = 1.0  # before its time is over, by the clock here, which is never behind, a step may ask for more
_STOP_SECONDS = 20.0
_MOST_PROBLEMS = 3
_CONTROLS = dict.fromkeys(map(ord, "\a\b\r\x1b"))


class RemoteRun:
    """One run of code at a far end. Call `begin`, then `advance` until there is an `execution`, and `stop` in any case.

    Args:
        link: The connection.
        limits: What the code may use.

    Attributes:
        execution: The outcome; None while the code runs.
        reply: What the far end said at the end; None if the connection was lost.
    """

    def __init__(self, link: FarLink, limits: Limits) -> None:
        self.execution: Execution | None = None
        self.reply: ReplyMessage | None = None
        self._link = link
        self._time = StepTime(limits)
        self._patience = _PATIENCE_SECONDS
        self._most_patience = _PATIENCE_SECONDS + max(limits.step_seconds, limits.most_step_seconds)
        self._events: list[SandboxEvent] = []
        self._messages: deque[StepMessage] = deque()
        self._gallery = StepDisplays()
        self._streamed = self._shown = 0
        self._waiting: asyncio.Future[None] | None = None

    async def begin(self, order: Mapping[str, Any], limits: Mapping[str, Any], requests: GuestRequests) -> None:
        """Send the far end the code; `requests` serves what it asks for."""
        self._requests = requests
        self._loop = asyncio.get_running_loop()
        self._link.messages, self._link.wake = self._messages, self._wake_soon
        self._ended = asyncio.ensure_future(in_links_loop(self._link.request("run", order=order, limits=limits)))
        self._ended.add_done_callback(_retrieve)

    def emit(self, event: SandboxEvent) -> None:
        """Add an event of a request."""
        self._events.append(event)
        self._wake()

    async def advance(self) -> list[SandboxEvent]:
        """Wait for something to happen, and return the events that came of it.

        Raises SandboxError if the code could not be run.
        """
        try:
            await self._go_on()
        except LinkLost:
            await self._conclude_without("crash", LOST)
        except TimeoutError:
            await in_links_loop(self._link.close())
            await self._conclude_without("timeout", "The code ran longer than it may, and did not stop.")
        except SandboxError:
            raise
        except GlassboxError as error:
            raise SandboxError(str(error)) from None
        events, self._events = self._events, []
        return events

    async def stop(self) -> None:
        """End the code if it is still running, and wait until it has, and what it did is undone."""
        self._time.close()
        await self._requests.cancel()
        if self.execution is None:
            self.reply = await self._stopped()
        self._link.messages = None

    async def _stopped(self) -> ReplyMessage | None:
        with suppress(GlassboxError, TimeoutError):
            if not self._ended.done():
                await in_links_loop(self._link.post("stop"))
            async with asyncio.timeout(_STOP_SECONDS):
                return await asyncio.shield(self._ended)
        await in_links_loop(self._link.close())
        return None

    async def _go_on(self) -> None:
        await self._wait()
        for _ in range(len(self._messages)):  # others may come meanwhile, without end
            self._handle(self._messages.popleft())
        if self._ended.done():
            reply = self._ended.result()
            await self._requests.cancel()
            self._conclude(reply)
            return
        for response in self._requests.take_finished():
            self._patience = min(self._patience + _PATIENCE_PER_ANSWER, self._most_patience)
            await in_links_loop(self._link.answer(response.frame))
        allowed = self._time.take_answer()
        if allowed is not None:
            await in_links_loop(self._link.post("more_time", allowed=allowed))
        self._time.clock.set_running(not self._requests.tasks)
        if self._time.left + self._patience <= 0:
            raise TimeoutError

    async def _wait(self) -> None:
        """Wait for a message, an answer, or the end of the time."""
        waiting = self._waiting = self._loop.create_future()
        if not self._messages and not self._events:
            tasks = self._requests.tasks
            seconds = None if tasks else self._time.left + self._patience
            await asyncio.wait(
                {waiting, self._ended, *tasks, *self._time.question},
                timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        else:
            await asyncio.sleep(0)  # however much comes, others have their turn
        self._waiting = None

    def _wake_soon(self) -> None:
        """Have a message taken; called in the links' event loop."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def _handle(self, message: StepMessage) -> None:
        match message:
            case PrintedMessage():
                self._print(_settled(message.text), message.erased)
            case ShownMessage():
                if display := self._gallery.add(_with_text(message.data)):
                    self._events.append(Displayed(display))
            case UsedMessage():
                self._requests.emit_used(message)
            case MoreTimeMessage():
                self._ask_for_time()
            case _:
                self._requests.start(message)

    def _print(self, text: str, erased: int) -> None:
        """Show what is printed, as much as code of this machine could, and erase no more than was printed."""
        erased = min(erased, self._shown)
        self._streamed += len(text)
        if (text or erased) and self._streamed <= MOST_STREAMED:
            self._shown += len(text) - erased
            self._events.append(OutputDelta(text, erased))

    def _ask_for_time(self) -> None:
        if self._time.may_ask and self._time.left < _EARLY_SECONDS:
            self._time.ask(self._requests.allow_more_time(self._time.so_far))
        elif not self._time.question:
            self._time.ask(_no())

    def _conclude(self, reply: ReplyMessage) -> None:
        if reply.result is None:
            raise LinkLost
        self.reply, self._link.messages = reply, None
        answer = reply.result.answer
        self.execution = execution_of(
            reply.result,
            displays=self._gallery.all(),
            seconds=min(reply.result.seconds, self._time.clock.seconds),
            answer=self._gallery.checked(_with_text(answer)) if answer else None,
            problems=self._gallery.problems[:_MOST_PROBLEMS],
        )

    async def _conclude_without(self, kind: ErrorKind, message: str) -> None:
        self._time.close()
        await self._requests.cancel()
        self._link.messages = None
        self.execution = Execution(
            displays=self._gallery.all(),
            error=ExecutionError(kind, message),
            seconds=self._time.clock.seconds,
        )


def execution_of(
    result: StepResult,
    *,
    seconds: float = 0.0,
    displays: tuple[Display, ...] = (),
    answer: Display | None = None,
    problems: Sequence[str] = (),
) -> Execution:
    """Return what a far end says of code as an Execution, without codes of terminals."""
    error = ExecutionError(**dict(result.error)) if result.error else None
    if error:
        error = replace(error, message=plain(error.message), traceback=plain(error.traceback))
    further = [problem for problem in problems if problem not in result.note]
    return Execution(
        stdout=_settled(result.stdout),
        value=None if result.value is None else plain(result.value),
        displays=displays,
        answer=answer,
        error=error,
        seconds=seconds,
        variables=result.variables,
        note=" ".join([*([result.note] if result.note else []), *further]),
    )


def _settled(text: str) -> str:
    """Return a text without what a terminal would carry out; the far end has done that."""
    return plain(text).translate(_CONTROLS)


def _with_text(data: dict[str, str]) -> dict[str, str]:
    return data if "text/plain" in data else {"text/plain": "", **data}


async def _no() -> bool:
    return False


def _retrieve(ended: asyncio.Future[ReplyMessage]) -> None:
    """Retrieve an error, because asyncio logs those that nobody retrieves."""
    if not ended.cancelled():
        ended.exception()
