"""One piece of code on its way through a worker, seen from the host."""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Sequence

from agent_core.events import Displayed, OutputDelta, SandboxEvent, ToolFinished
from agent_core.execution import Display, Execution, ExecutionError
from agent_core.tool import Tool

from .messages import CallMessage, DisplayMessage, DoneMessage, Message
from .output import Gallery, Output
from .tool_calls import ToolCalls, reply
from .worker import Worker, WorkerLost

GRACE_SECONDS = 0.4  # from the interrupt to the kill
VARIABLES_LOST = "All variables are gone; define again what you need."


class Clock:
    """A stop-watch."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)

    def let(self, run: bool) -> None:
        """Run on, or stand still."""
        self._before, self._since = self.seconds, time.monotonic() if run else None


class Step:
    """Drive it with `begin`, then `advance` until there is an `execution`; in any case end it with `stop`.

    Whatever ends a step early (its limit, a Stop, a crash) takes one path: the calls in flight are cancelled, the code
    is interrupted, and after a short grace its worker is killed. `worker_ended` says whether it came to that.
    """

    def __init__(self, number: int, worker: Worker, tools: Iterable[Tool], seconds: float) -> None:
        self.execution: Execution | None = None
        self.worker_ended = False
        self._number = number
        self._worker = worker
        self._seconds = seconds
        self._calls = ToolCalls(tools)
        self._clock = Clock()
        self._output = Output()
        self._gallery = Gallery()
        self._events: list[SandboxEvent] = []
        self._done: DoneMessage | None = None
        self._halting = False

    async def begin(self, order: bytes) -> None:
        """Send the worker the frame with the code."""
        await self._guarded(self._send(order))

    async def advance(self) -> list[SandboxEvent]:
        """Wait for something to happen, and give what came of it."""
        await self._guarded(self._go_on())
        events, self._events = self._events, []
        return events

    async def stop(self) -> None:
        """End the code if it is still running."""
        if self.execution is not None:
            return
        try:
            await self._halt()
        except BaseException:
            self._worker.discard()
            self.worker_ended = True
            raise

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except TimeoutError:
            await self._time_out()
        except WorkerLost:
            await self._crash()

    async def _go_on(self) -> None:
        await self._progress(None if self._calls.tasks else self._left)
        if self._done:
            await self._abandon_calls()
            error = self._done.error
            self._conclude(ExecutionError(error.kind, error.message, error.traceback) if error else None)
        elif self._left <= 0:
            raise TimeoutError

    @property
    def _left(self) -> float:
        return self._seconds - self._clock.seconds

    async def _progress(self, seconds: float | None) -> None:
        await self._worker.wait(self._calls.tasks, seconds)
        self._take_output()
        if message := self._worker.receive():
            self._take_output()  # what was printed before the message was sent
            await self._handle(message)
        await self._deliver(self._calls.take_finished())
        self._clock.let(run=not self._calls.tasks)

    def _take_output(self) -> None:
        if text := self._output.feed(self._worker.read_output()):
            self._events.append(OutputDelta(text))

    async def _handle(self, message: Message) -> None:
        match message:
            case DisplayMessage():
                if display := self._gallery.add(message.data):
                    self._events.append(Displayed(display))
                await self._send(reply(message.id))
            case CallMessage():
                refusal = "The step is being stopped." if self._halting else self._calls.refuse(message)
                if refusal is None:
                    self._events.append(self._calls.start(message))
                else:
                    await self._send(reply(message.id, error=refusal))
            case DoneMessage(step=self._number):
                self._done = message
            case DoneMessage():
                raise WorkerLost

    async def _deliver(self, finished: Sequence[tuple[bytes, ToolFinished]]) -> None:
        self._events += [event for _, event in finished]
        await self._send(b"".join(frame for frame, _ in finished))

    async def _send(self, frame: bytes) -> None:
        """A worker that does not take a frame in the time that is left to the step has run out of it."""
        async with asyncio.timeout(None if self._halting else max(self._left, GRACE_SECONDS)):
            await self._worker.send(frame)

    async def _abandon_calls(self) -> None:
        """Cancel the calls in flight; threads of the agent's code that wait for them are told so."""
        await self._deliver(await self._calls.cancel())

    async def _time_out(self) -> None:
        await self._halt()
        rest = VARIABLES_LOST if self.worker_ended else "Variables are still there."
        message = f"The code ran longer than the {self._seconds:g} seconds it may take. {rest}"
        self._conclude(ExecutionError("timeout", message))

    async def _halt(self) -> None:
        """Interrupt the code, and kill its worker if that does not end it."""
        self._halting = True
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._worker.interrupt()
                await self._send(b"")  # the rest of a frame that a cancellation cut
                await self._abandon_calls()
                while not self._done:
                    await self._progress(None)
        except (WorkerLost, TimeoutError):
            self._done = None
            await self._end_worker()

    async def _crash(self) -> None:
        """The worker is lost: find out how, and say so."""
        self._events += [event for _, event in await self._calls.cancel()]
        how = await self._end_worker()
        self._conclude(ExecutionError("crash", f"The Python process ended unexpectedly ({how}). {VARIABLES_LOST}"))

    async def _end_worker(self) -> str:
        self.worker_ended = True
        how = await self._worker.kill()
        self._take_output()
        self._worker.close()
        return how

    def _conclude(self, error: ExecutionError | None) -> None:
        done = self._done
        self.execution = Execution(
            stdout=self._output.text(),
            value=done.value if done else None,
            displays=self._gallery.all(),
            answer=Display(done.answer) if done and done.answer else None,
            error=error,
            seconds=self._clock.seconds,
        )
