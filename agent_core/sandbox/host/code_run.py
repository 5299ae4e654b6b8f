"""Runs one piece of code in a worker, within the limits that the host watches."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path

from agent_core.events import Displayed, OutputDelta, SandboxEvent
from agent_core.execution import ErrorKind, Execution, ExecutionError
from agent_core.prompts import read_prompt
from agent_core.sandbox.host.disk_limits import DiskLimits
from agent_core.sandbox.host.guest_requests import GuestRequests, Response
from agent_core.sandbox.host.output import StepDisplays, StepOutput
from agent_core.sandbox.host.processes import Ending, Processes
from agent_core.sandbox.host.step_time import ANSWER_SECONDS, MORE_SECONDS, StepTime
from agent_core.sandbox.host.terminal import plain
from agent_core.sandbox.host.tool_calls import reply
from agent_core.sandbox.host.worker_messages import (
    DisplayMessage,
    DoneMessage,
    ErrorMessage,
    UsedMessage,
    WorkerMessage,
)
from agent_core.sandbox.host.worker_process import WorkerLost, WorkerProcess
from agent_core.sandbox.policy import Limits

MOST_SENT = 128 * 2**20  # bytes of a worker's messages in one step
_MEASURE_SECONDS = 0.25  # from one measurement of the workspace to the next; longer if measuring takes long
_MOST_PROBLEMS = 3  # with displays that the model is told of
_LEAST_SEND_SECONDS = 0.4  # for the worker to accept a frame, however little time the step has left


class LimitExceeded(Exception):
    """The code has exceeded a limit that the host watches. The text says which.

    Attributes:
        kind: The kind of the ExecutionError.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind


class CodeRun:
    """One run of code. Call `begin`, then `advance` until there is an `execution`, and `stop` in any case.

    Whatever ends a step early (a limit, a Stop, a crash) takes one path: the requests in flight are cancelled, and the
    worker is killed.

    Args:
        number: The number of the step, which the worker repeats.
        worker: Runs the code.
        processes: Starts and kills the worker.
        workspace: The folder that the code works in.
        limits: What the code may use.

    Attributes:
        execution: The outcome; None while the code runs.
        ending: How the worker ended; None if it lives on.
    """

    def __init__(
        self, number: int, worker: WorkerProcess, processes: Processes, workspace: Path, limits: Limits
    ) -> None:
        self.execution: Execution | None = None
        self.ending: Ending | None = None
        self._number = number
        self._worker = worker
        self._processes = processes
        self._limits = limits
        self._time = StepTime(limits)
        self._processor_seconds = limits.processor_allowance
        self._output = StepOutput()
        self._gallery = StepDisplays()
        self._events: list[SandboxEvent] = []
        self._done: DoneMessage | None = None
        self._received = worker.received
        self._disk = DiskLimits(workspace, limits)

    async def begin(self, order: bytes, requests: GuestRequests, descriptor: int | None = None) -> None:
        """Send the worker the code.

        Args:
            order: The frame with the code.
            requests: Serves the code's requests, and emits its events to `emit`.
            descriptor: A descriptor that comes with it; None for none.
        """
        self._requests = requests
        self._files = asyncio.create_task(self._watch_files())
        # Resume the worker while the frame is being sent, which is quicker. Not after it: a stopped worker reads
        # nothing, so a long frame would never be sent.
        asyncio.get_running_loop().call_soon(self._processes.begin, self._limits)
        await self._guarded(self._send(order, descriptor))

    def emit(self, event: SandboxEvent) -> None:
        """Add an event of a request."""
        self._events.append(event)
        self._worker.interrupt_wait()

    async def advance(self) -> list[SandboxEvent]:
        """Wait for something to happen, and return the events that came of it."""
        await self._guarded(self._go_on())
        events, self._events = self._events, []
        return events

    async def stop(self) -> None:
        """End the code if it is still running."""
        self._files.cancel()
        if self.execution is None:
            await self._end()

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except TimeoutError:
            await self._end_by("timeout", f"The code ran longer than the {_seconds(self._time.given)} it may take.")
        except LimitExceeded as error:
            await self._end_by(error.kind, str(error))
        except WorkerLost:
            await self._crash()

    async def _go_on(self) -> None:
        await self._progress()
        if self._done:
            self._time.close()
            await self._deliver(await self._requests.cancel())
            self._files.cancel()
            await self._check_files()
            error = self._done.error
            self._conclude(_without_codes(error) if error else None)
        elif self._files.done():
            raise LimitExceeded("disk", self._files.result())
        else:
            self._check_time()

    def _check_time(self) -> None:
        """Ask for more time if it is over, and take the answer. Raises TimeoutError if there is no more."""
        allowed = self._time.take_answer()
        if allowed:
            self._extend_processor_time(MORE_SECONDS)
        elif allowed is False:
            raise TimeoutError
        elif self._time.left <= 0:
            if not self._time.may_ask:
                raise TimeoutError
            self._time.ask(self._requests.allow_more_time(self._time.so_far))
            self._extend_processor_time(ANSWER_SECONDS)

    def _extend_processor_time(self, seconds: float) -> None:
        """Give the step processor time for so much more time, at the rate of its limits."""
        more = self._limits.processor_allowance * seconds / self._limits.step_seconds
        self._processor_seconds += more
        self._processes.extend(more)

    async def _progress(self) -> None:
        waiting = self._requests.tasks
        await self._worker.wait([*waiting, *self._time.question, self._files], None if waiting else self._time.left)
        self._take_output()
        message = self._worker.receive()
        if self._worker.received - self._received > MOST_SENT:
            raise LimitExceeded("crash", f"The code sent the app more than {MOST_SENT // 2**20} MB in one step.")
        if message:
            self._take_output()  # printed before the message was sent
            await self._handle(message)
        await self._deliver(self._requests.take_finished())
        self._time.clock.set_running(not self._requests.tasks)

    def _take_output(self) -> None:
        if change := self._output.feed(self._worker.read_output()):
            self._events.append(OutputDelta(change.added, change.erased))

    async def _handle(self, message: WorkerMessage) -> None:
        match message:
            case DisplayMessage():
                if display := self._gallery.add(message.data):
                    self._events.append(Displayed(display))
                await self._send(reply(message.id))
            case UsedMessage():
                self._requests.emit_used(message)
            case DoneMessage(step=self._number):
                self._done = message
            case DoneMessage():
                raise WorkerLost
            case _:
                self._requests.start(message)

    async def _deliver(self, replies: list[Response]) -> None:
        for answer in replies:
            if answer.connection is None:
                await self._send(answer.frame)
            else:
                with answer.connection:
                    await self._send(answer.frame, answer.connection.fileno())

    async def _send(self, frame: bytes, descriptor: int | None = None) -> None:
        """Send a frame. Raises TimeoutError if the worker does not accept it in the time left to the step."""
        async with asyncio.timeout(max(self._time.left, _LEAST_SEND_SECONDS)):
            await self._worker.send(frame, descriptor)

    async def _watch_files(self) -> str:
        """Measure the workspace at intervals until it exceeds a limit. Returns a sentence that says which."""
        pause = _MEASURE_SECONDS
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            if excess := await asyncio.to_thread(self._disk.excess):
                return excess
            pause = max(_MEASURE_SECONDS, 10 * (time.monotonic() - began))

    async def _check_files(self) -> None:
        """Measure once more, because a short step ends before the first measurement."""
        error = self._done.error.message if self._done and self._done.error else ""
        if self._time.clock.seconds < _MEASURE_SECONDS:
            excess = self._disk.excess(error)  # starting a thread would take longer
        else:
            excess = await asyncio.to_thread(self._disk.excess, error)
        if excess:
            self._done = None
            raise LimitExceeded("disk", excess)

    async def _crash(self) -> None:
        """End the step after its worker was lost, and say how."""
        ending = await self._end()
        self._conclude(self._explain(ending))

    async def _end_by(self, kind: ErrorKind, message: str) -> None:
        ending = await self._end()
        if kind == "timeout":
            self._conclude(self._explain(ending) if ending.limit else ExecutionError(kind, message, advice=_advice()))
        else:
            self._conclude(ExecutionError(kind, message))

    async def _end(self) -> Ending:
        self._done = None
        self._files.cancel()
        self._time.close()
        await self._requests.cancel()
        self.ending = await self._processes.end()
        self._take_output()
        self._worker.close()
        return self.ending

    def _conclude(self, error: ExecutionError | None) -> None:
        done = self._done
        self.execution = Execution(
            stdout=self._output.text(),
            value=plain(done.value) if done and done.value is not None else None,
            displays=self._gallery.all(),
            answer=self._gallery.checked(done.answer) if done and done.answer else None,
            error=error,
            seconds=self._time.clock.seconds,
            variables=done.variables if done else {},
            note=" ".join([*self._gallery.problems[:_MOST_PROBLEMS], *_explain_renamed(done)]),
        )

    def _explain(self, ending: Ending) -> ExecutionError:
        """Return the error for a worker that was killed or crashed."""
        limits = self._limits
        match ending.limit:
            case "memory":
                return ExecutionError(
                    "memory", f"The code needed more than the {limits.memory_mb} MB of memory it may use."
                )
            case "processor":
                seconds = _seconds(self._processor_seconds)
                message = f"The code used more than the {seconds} of processor time it may take."
                return ExecutionError("timeout", message, advice=_advice())
            case "processes":
                message = f"The code started more than the {limits.threads} threads it may have at a time."
                return ExecutionError("processes", message)
            case "disk":
                message = f"The code has more than {limits.disk_mb} MB in files that it deleted but still holds open."
                return ExecutionError("disk", message)
            case _:
                return ExecutionError("crash", f"The Python process ended unexpectedly ({ending.how}).")


def _explain_renamed(done: DoneMessage | None) -> Iterator[str]:
    """Yield what became of variables that had names of the sandbox."""
    for name, new in list(done.renamed.items())[:_MOST_PROBLEMS] if done else ():
        yield (
            f"{plain(name)} is a name of the sandbox's own, so it means what it meant before again; "
            f"your value is now {plain(new)}."
        )


def _without_codes(error: ErrorMessage) -> ExecutionError:
    told = ExecutionError(**dict(error))
    return replace(told, message=plain(told.message), traceback=plain(told.traceback))


def _seconds(number: float) -> str:
    rounded = round(number, 1)
    return f"{rounded:g} second" if rounded == 1 else f"{rounded:g} seconds"


@functools.cache
def _advice() -> str:
    """Return how to go on after a step that took too long, for the code's author."""
    return read_prompt("too_slow")
