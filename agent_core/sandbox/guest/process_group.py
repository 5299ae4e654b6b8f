"""The processes of one chat, as the zygote keeps them: the worker, and the stopped copies that are its checkpoints.

All of them may be hostile. The zygote trusts only what the kernel says of them, never what they say of themselves, and
kills the whole group at the first message that is out of turn.
"""

import math
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from . import measure
from .children import Child, reap_group
from .confinement.broker.broker_link import BrokerLink
from .confinement.system_call_judge import SystemCallJudge
from .confinement.watchdog import ProcessSnapshot, Watchdog
from .orders import Orders

_MOST_UNREAPED = 100
_STOP_DELAY_SECONDS = 0.1  # from a checkpoint until the worker is stopped: a step that comes sooner begins at once

Answer = Callable[[dict[str, Any]], None]


class ProcessGroup:
    """The processes of one chat.

    Args:
        worker: The first worker.
        limits: The chat's Limits as a dict.
        watch: Calls a function whenever a descriptor has input.
        forget: Stops watching a descriptor.
        can_fork: Whether its processes can fork, so that there are checkpoints.
        broker: Opens files for the processes; None where the kernel holds the files itself.

    Attributes:
        watchdog: Measures the processes while they run.
    """

    def __init__(
        self,
        worker: Child,
        limits: Mapping[str, Any],
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
        *,
        can_fork: bool,
        broker: BrokerLink | None = None,
    ) -> None:
        self._can_fork = can_fork
        self._group = worker.pid  # stays reserved, because the first worker is reaped last
        self.watchdog = Watchdog(limits, broker.pid if broker else None)
        self._watch, self._forget = watch, forget
        self._worker: Child | None = None
        self._checkpoints: dict[int, Child] = {}
        self._unreaped: list[Child] = []
        self._broker = broker
        self._judge = SystemCallJudge(self._watch_guarded, forget, self._may_have_thread, broker, self.kill)
        self._orders = Orders(
            watch=self._watch_guarded, forget=forget, listen=self._judge.listen, known=self._known, kill=self.kill
        )
        self._ending: list[Answer] = []
        self._closing: list[Answer] = []
        self._status: int | None = None
        self._reason: str | None = None
        self._running = False
        self._stop_at = math.inf  # when to stop the idle worker
        self._set_worker(worker)

    @property
    def running(self) -> bool:
        """Whether the worker runs or the group is closing. Otherwise every process is stopped or has nothing to do."""
        return self._running or bool(self._closing)

    def subject(self) -> ProcessSnapshot | None:
        """Return what the watchdog thread should measure; None while nothing runs."""
        if not self._running:
            return None
        worker, checkpoints, newcomers = self._worker, list(self._checkpoints.values()), set[int]()
        if order := self._orders.pending:
            with suppress(OSError):  # it has just ended
                newcomers = {order.process.pid, *measure.children(order.process.pid)}
            newcomers -= {process.pid for process in checkpoints if process is not order.process}
        return ProcessSnapshot(worker, checkpoints, newcomers - {worker.pid} if worker else newcomers)

    def act_on(self, finding: str) -> None:
        """Act on something that the watchdog found."""
        if finding == "newcomer":
            self.kill()
        elif finding == "thread" and self._worker:
            self._worker.send(signal.SIGKILL)
        elif finding == "checkpoints":  # they give way before the code does, the oldest first
            held = sorted(filter(None, self._checkpoints)) or [0]  # 0, the start, holds next to nothing
            self.drop(held[: (len(held) + 1) // 2])
            self._stop_at = max(self._stop_at, time.monotonic() + _STOP_DELAY_SECONDS)
        elif self._worker:
            self._exceed(finding)

    def initialize(self, chat: bytes, descriptors: list[int], answer: Answer) -> None:
        """Send the new worker its chat's workspace and limits, and answer when it is confined."""
        assert self._worker is not None

        def done(_: Child) -> None:
            self._running = False
            answer({})

        self._running = True
        self._orders.start(self._worker, chat, descriptors, done, lambda reason: answer({"error": reason}))

    def begin(self, limits: Mapping[str, Any]) -> None:
        """Let the worker run a step, watched by these limits."""
        if self._worker:
            self._running, self._stop_at = True, math.inf
            self._reason = None
            self._worker.send(signal.SIGCONT)
            with suppress(OSError):  # it has just ended
                self.watchdog.begin_step(self._worker.pid, limits)

    def make_checkpoint(self, number: int, answer: Answer) -> None:
        """Order the worker to fork a checkpoint, a stopped copy of itself, if it can. It is stopped soon after."""
        if (worker := self._worker) is None:
            answer({"error": "there is no worker"})
            return
        if not self._can_fork:
            self._schedule_stop(worker)
            answer({"kept": []})
            return

        def done(checkpoint: Child) -> None:
            self._add_checkpoint(number, checkpoint)
            self._schedule_stop(worker)

        useless = os.open(os.devnull, os.O_PATH | os.O_CLOEXEC)  # a broker could give the worker none
        try:
            self._order_fork(worker, b"checkpoint", [useless], done, answer)
        finally:
            os.close(useless)

    def fork_from_checkpoint(self, number: int, descriptors: list[int], answer: Answer) -> None:
        """Order a checkpoint to fork a new worker, which gets the descriptors."""
        checkpoint = self._checkpoints.get(number)
        if checkpoint is None or self._worker:
            answer({"error": "this checkpoint is gone"})
            return

        def done(worker: Child) -> None:
            checkpoint.send(signal.SIGSTOP)
            self._set_worker(worker)
            self._schedule_stop(worker)

        self._order_fork(checkpoint, b"running", descriptors, done, answer)

    def end(self, answer: Answer) -> None:
        """Kill the worker, and answer when it is gone with its exit status and the limit that it was killed for."""
        self._ending.append(answer)
        if self._worker:
            self._worker.send(signal.SIGKILL)
        else:
            self._answer_end()

    def drop(self, numbers: list[int]) -> None:
        """Kill checkpoints."""
        for number in numbers:
            if checkpoint := self._checkpoints.pop(number, None):
                checkpoint.send(signal.SIGKILL)

    def close(self, answer: Answer) -> None:
        """Kill all processes, and answer when they are gone."""
        self._closing.append(answer)
        self.kill()
        self._finish_close()

    def kill(self) -> None:
        """Kill every process of the group, unknown ones included."""
        with suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGKILL)

    def check(self, now: float) -> None:
        """Stop an idle worker, and kill the group if an order is overdue."""
        self._finish_close()
        self._orders.check(now)
        if self._worker and now > self._stop_at:
            self._running, self._stop_at = False, math.inf
            self._worker.send(signal.SIGSTOP)

    def _order_fork(
        self, process: Child, reply: bytes, descriptors: list[int], register: Callable[[Child], None], answer: Answer
    ) -> None:
        """Order a process to fork another, and answer when that one is registered."""

        def done(child: Child) -> None:
            register(child)
            answer({"kept": sorted(self._checkpoints)})

        def fail(reason: str) -> None:
            if self._judge.withdraw_fork():  # it has forked a process all the same, which nobody knows
                self._kill_unknown()
            self._stop_at = time.monotonic()
            answer({"error": reason})

        self._orders.fork(process, reply, descriptors, done, fail)
        self._judge.allow_fork(process.pid)
        self._running, self._stop_at = True, math.inf
        process.send(signal.SIGCONT)

    def _kill_unknown(self) -> None:
        """Kill forked processes that never reported; the whole group if the kernel does not list children."""
        known = {process.pid for process in (*self._known(), *self._unreaped)}
        known |= {self._broker.pid} if self._broker else set()
        try:
            below = {child for process in (os.getpid(), *known) for child in _children(process)}
            for pid in below - known:
                if os.getpgid(pid) == self._group:
                    os.kill(pid, signal.SIGKILL)
        except OSError:
            self.kill()

    def _set_worker(self, process: Child) -> None:
        self._worker = process
        self._watch_process(process)

    def _add_checkpoint(self, number: int, process: Child) -> None:
        process.send(signal.SIGSTOP)
        self._checkpoints[number] = process
        self._watch_process(process)
        with suppress(OSError):  # it has just ended
            if self.watchdog.holds_much(process.pid):
                self.drop([other for other in self._checkpoints if other not in (0, number)])

    def _schedule_stop(self, worker: Child) -> None:
        """Stop the worker between two steps: at once if it has other threads, else a moment later."""
        self._stop_at = time.monotonic() + _STOP_DELAY_SECONDS
        with suppress(OSError):  # it has just ended
            if measure.threads(worker.pid) > 1:
                worker.send(signal.SIGSTOP)

    def _watch_process(self, process: Child) -> None:
        self._watch_guarded(process.descriptor, lambda: self._on_exit(process))
        self._forget(process.channel.fileno())
        self._watch_guarded(process.channel.fileno(), lambda: self._orders.receive(process.channel))

    def _watch_guarded(self, descriptor: int, react: Callable[[], None]) -> None:
        """Watch a descriptor for input. An error in handling it ends this group only."""

        def guarded() -> None:
            try:
                react()
            except Exception:
                traceback.print_exc()
                self.kill()

        self._watch(descriptor, guarded)

    def _on_exit(self, process: Child) -> None:
        """Handle the end of a process."""
        for descriptor in (process.descriptor, process.channel.fileno()):
            self._forget(descriptor)
        process.channel.close()
        self._unreaped.append(process)
        if process is self._worker:
            self._worker, self._running, self._status = None, False, None
            with suppress(OSError):
                self._status = measure.exit_status(process.pid)
            self._answer_end()
        self._checkpoints = {number: kept for number, kept in self._checkpoints.items() if kept is not process}
        self._reap()
        if not self._worker and not self._checkpoints:
            self._judge.stop_listening()  # no process is left to make system calls
            if self._broker:
                self._broker.end()
        self._orders.on_exit(process)
        self._finish_close()

    def _reap(self) -> None:
        """Reap the processes that have ended, except the first worker, whose id is the group's."""
        reaped = [process for process in self._unreaped if process.pid != self._group and process.reap()]
        for process in reaped:
            process.close()
        self._unreaped = [process for process in self._unreaped if process not in reaped]
        if len(self._unreaped) > _MOST_UNREAPED:  # a checkpoint does not reap its children
            self.kill()

    def _answer_end(self) -> None:
        ending, self._ending = self._ending, []
        for answer in ending:
            answer({"status": self._status, "reason": self._reason})

    def _finish_close(self) -> None:
        """Release the group's descriptors once it is closing and all its processes are gone."""
        if self._closing and not self._worker and not self._checkpoints:
            self.kill()
            if not reap_group(self._group):
                return  # a process that nobody knew is still on its way out
            for process in self._unreaped:
                process.close()
            self._unreaped = []
            if self._broker:
                self._broker.close()
                self._broker = None
            closing, self._closing = self._closing, []
            for answer in closing:
                answer({})

    def _may_have_thread(self, process: int) -> bool:
        """Whether a process may start one more thread. A worker that has too many is killed."""
        if not self._worker or process != self._worker.pid:
            return False  # a copy that is about to be stopped
        with suppress(OSError):
            if self.watchdog.may_have_thread(process):
                return True
        self._exceed("processes")
        return False

    def _known(self) -> Iterator[Child]:
        yield from self._checkpoints.values()
        if self._worker:
            yield self._worker

    def _exceed(self, limit: str) -> None:
        self._reason = self._reason or limit
        if self._worker:
            self._worker.send(signal.SIGKILL)


def _children(process: int) -> list[int]:
    try:
        return measure.children(process)
    except ProcessLookupError:
        return []
