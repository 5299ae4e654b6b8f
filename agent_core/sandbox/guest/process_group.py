"""The processes of one chat, as the zygote keeps them: the worker, and the stopped copies that are its checkpoints.

They are known by what the kernel says of them, never by what they say of themselves, and all are hostile: whatever is
out of turn ends the whole group.
"""

import errno
import math
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from . import measure, supervision
from .children import ChannelMessage, Child, open_channel, reap_group, receive
from .supervision import SystemCall
from .watchdog import ProcessSnapshot, Watchdog

_MOST_DEAD = 100
_PATIENCE = 3.0  # seconds for a process to do what it was told
_REST_SECONDS = 0.1  # from a checkpoint until the worker is stopped: a step that comes sooner begins sooner, too

Answer = Callable[[dict[str, Any]], None]


@dataclass
class PendingOrder:
    """What a process was told to do, the word that says it is done, and who is told then.

    channel: on which the word is said; that of a new process, where one is to be forked.
    """

    process: Child
    reply: bytes
    answer: Answer
    channel: socket.socket
    checkpoint: int = 0
    deadline: float = field(default_factory=lambda: time.monotonic() + _PATIENCE)


class ProcessGroup:
    """The processes of one chat. watch, forget: begin and end to look for input on a descriptor.

    watchdog: what is to look at them while they run.
    """

    def __init__(
        self,
        worker: Child,
        limits: Mapping[str, int],
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], None],
    ) -> None:
        self._group = worker.pid  # stays its own, as the first worker is not reaped before the others
        self.watchdog = Watchdog(limits)
        self._watch, self._forget = watch, forget
        self._worker: Child | None = None
        self._checkpoints: dict[int, Child] = {}
        self._dead: list[Child] = []
        self._listener: int | None = None
        self._pending: PendingOrder | None = None
        self._ending: Answer | None = None
        self._closing: Answer | None = None
        self._may_fork: int | None = None
        self._forked = False
        self._status: int | None = None
        self._reason: str | None = None
        self._running = False
        self._stop_at = math.inf  # when the worker, which has nothing to do, is stopped
        self._set_worker(worker)

    @property
    def running(self) -> bool:
        """Whether its worker runs, or is on its way out; else all are stopped, or have nothing to run yet."""
        return self._running or self._closing is not None

    def subject(self) -> ProcessSnapshot | None:
        """What the watchdog is to look at, in a thread of its own; None while nothing runs."""
        if not self._running:
            return None
        worker, parked, newcomers = self._worker, list(self._checkpoints.values()), set[int]()
        if awaited := self._pending:
            with suppress(OSError):  # it has just ended
                newcomers = {awaited.process.pid, *measure.children(awaited.process.pid)}
            newcomers -= {process.pid for process in parked if process is not awaited.process}
        return ProcessSnapshot(worker, parked, newcomers - {worker.pid} if worker else newcomers)

    def act_on(self, finding: str) -> None:
        """The watchdog has found something."""
        if finding == "newcomer":
            self.kill()
        elif finding == "thread" and self._worker:
            self._worker.send(signal.SIGKILL)
        elif finding == "checkpoints":  # they give way before the code does, the oldest first
            self.drop(sorted(self._checkpoints)[: (len(self._checkpoints) + 1) // 2])
            self._stop_at = max(self._stop_at, time.monotonic() + _REST_SECONDS)
        elif self._worker:
            self._exceed(finding)

    def initialize(self, chat: bytes, descriptors: list[int], answer: Answer) -> None:
        """Tell the new worker whom it works for, and answer when it is confined."""
        assert self._worker is not None
        self._send_order(PendingOrder(self._worker, b"ready", answer, self._worker.channel), chat, descriptors)

    def begin(self, processor_seconds: float) -> None:
        """Let the worker run a step."""
        if self._worker:
            self._running, self._stop_at = True, math.inf
            self._reason = None
            self._worker.send(signal.SIGCONT)
            with suppress(OSError):  # it has just ended
                self.watchdog.begin_step(self._worker.pid, processor_seconds)

    def make_checkpoint(self, number: int, answer: Answer) -> None:
        """Have the worker fork a copy of itself, which is stopped; so is the worker, soon."""
        if self._worker is None:
            answer({"error": "there is no worker"})
            return
        self._have_fork(self._worker, b"parked", answer, number, [])

    def fork_from_checkpoint(self, number: int, descriptors: list[int], answer: Answer) -> None:
        """Have a checkpoint fork a new worker, which gets the descriptors."""
        parked = self._checkpoints.get(number)
        if parked is None or self._worker:
            answer({"error": "this checkpoint is gone"})
            return
        self._have_fork(parked, b"running", answer, number, descriptors)

    def end(self, answer: Answer) -> None:
        """Kill the worker, and answer when it is gone: how it ended, and for what reason it was killed here."""
        self._ending = answer
        if self._worker:
            self._worker.send(signal.SIGKILL)
        else:
            self._answer_end()

    def drop(self, numbers: list[int]) -> None:
        """Give up checkpoints."""
        for number in numbers:
            if parked := self._checkpoints.pop(number, None):
                parked.send(signal.SIGKILL)

    def close(self, answer: Answer) -> None:
        """Kill all processes, and answer when they are gone."""
        self._closing = answer
        self.kill()
        self._finish_close()

    def kill(self) -> None:
        """Kill every process of the family, one that nobody knows included."""
        with suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGKILL)

    def check(self, now: float) -> None:
        """Look whether the worker is to rest, and whether what was told has been done in time."""
        self._finish_close()
        if self._pending and now > self._pending.deadline:
            self.kill()
        if self._worker and now > self._stop_at:
            self._running, self._stop_at = False, math.inf
            self._worker.send(signal.SIGSTOP)

    def _have_fork(self, process: Child, word: bytes, answer: Answer, checkpoint: int, descriptors: list[int]) -> None:
        """Have a process fork another, which says a word over a channel of its own."""
        ours, theirs = open_channel()
        self._watch_guarded(ours.fileno(), lambda: self._receive(ours))
        self._may_fork, self._forked = process.pid, False
        with theirs:
            self._send_order(
                PendingOrder(process, word, answer, ours, checkpoint), b"fork", [theirs.fileno(), *descriptors]
            )
        process.send(signal.SIGCONT)

    def _send_order(self, awaited: PendingOrder, message: bytes, descriptors: list[int]) -> None:
        self._pending = awaited
        self._running, self._stop_at = True, math.inf
        try:
            socket.send_fds(awaited.process.channel, [message], descriptors, socket.MSG_DONTWAIT)
        except OSError:
            self.kill()

    def _receive(self, channel: socket.socket) -> None:
        """A process of the family says that it has done what it was told, or that it cannot."""
        word = receive(channel)
        if word is None:
            self._forget(channel.fileno())  # its process has ended, or is about to
            return
        awaited, self._pending = self._pending, None
        if awaited is None or channel not in (awaited.channel, awaited.process.channel):
            self._pending = awaited
            self.kill()
        elif awaited.reply == b"ready":
            self._on_start_message(awaited, word)
        elif channel is awaited.channel and word.text == awaited.reply:
            self._on_fork(awaited, word.sender)
        else:
            self._fail(awaited, "the process could not do it")
        for descriptor in word.descriptors:
            os.close(descriptor)

    def _on_start_message(self, awaited: PendingOrder, word: ChannelMessage) -> None:
        """The new worker, which runs no agent's code yet, says how far it is."""
        if word.text == b"listener" and word.descriptors:
            self._pending = awaited
            self._listener = word.descriptors.pop()
            self._watch_guarded(self._listener, self._judge)
        elif word.text == awaited.reply:
            self._running = False
            awaited.answer({})
        else:
            awaited.answer({"error": word.text.decode(errors="replace")})

    def _on_fork(self, awaited: PendingOrder, speaker: int) -> None:
        """A copy is parked, or a worker came from one."""
        elder = awaited.process
        try:
            if measure.parent(speaker) != elder.pid or speaker in [process.pid for process in self._known()]:
                raise ProcessLookupError
            younger = Child(speaker, awaited.channel)
        except OSError:
            self._fail(awaited, "the process has ended")
            return
        if awaited.reply == b"parked":
            self._add_checkpoint(awaited.checkpoint, younger)
            self._schedule_stop(elder)
        else:
            elder.send(signal.SIGSTOP)
            self._set_worker(younger)
            self._schedule_stop(younger)
        awaited.answer({"kept": sorted(self._checkpoints)})

    def _fail(self, awaited: PendingOrder, reason: str) -> None:
        """Something that was told was not done. If a process was forked all the same, it is one that nobody knows."""
        if awaited.channel is not awaited.process.channel:
            self._forget(awaited.channel.fileno())
            awaited.channel.close()
        self._may_fork = None
        if self._forked:
            self._kill_unknown()
        self._stop_at = time.monotonic()
        awaited.answer({"error": reason})

    def _kill_unknown(self) -> None:
        """Kill whom a process of the family forked that never said a word; all, where the kernel does not tell."""
        known = {process.pid for process in (*self._known(), *self._dead)}
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
                self.drop([other for other in self._checkpoints if other != number])

    def _schedule_stop(self, worker: Child) -> None:
        """Between two steps nothing runs: at once where there are threads, else a moment later."""
        self._stop_at = time.monotonic() + _REST_SECONDS
        with suppress(OSError):  # it has just ended
            if measure.threads(worker.pid) > 1:
                worker.send(signal.SIGSTOP)

    def _watch_process(self, process: Child) -> None:
        self._watch_guarded(process.descriptor, lambda: self._on_exit(process))
        self._forget(process.channel.fileno())
        self._watch_guarded(process.channel.fileno(), lambda: self._receive(process.channel))

    def _watch_guarded(self, descriptor: int, react: Callable[[], None]) -> None:
        """Look for input on a descriptor. Whatever goes wrong with it is the end of these processes, and no others'."""

        def guarded() -> None:
            try:
                react()
            except Exception:
                traceback.print_exc()
                self.kill()

        self._watch(descriptor, guarded)

    def _on_exit(self, process: Child) -> None:
        """A process has ended."""
        for descriptor in (process.descriptor, process.channel.fileno()):
            self._forget(descriptor)
        process.channel.close()
        self._dead.append(process)
        if process is self._worker:
            self._worker, self._running, self._status = None, False, None
            with suppress(OSError):
                self._status = measure.exit_status(process.pid)
            self._answer_end()
        self._checkpoints = {number: parked for number, parked in self._checkpoints.items() if parked is not process}
        self._reap()
        if not self._worker and not self._checkpoints:
            self._stop_listening()  # there is nobody left who could ask
        if (awaited := self._pending) and awaited.process is process:
            self._pending = None
            self._fail(awaited, "the process has ended")
        self._finish_close()

    def _reap(self) -> None:
        """Give up the numbers of those that have ended, but for the first worker's, which is the group's."""
        buried = [process for process in self._dead if process.pid != self._group and process.reap()]
        for process in buried:
            process.close()
        self._dead = [process for process in self._dead if process not in buried]
        if len(self._dead) > _MOST_DEAD:  # as many as a checkpoint has children whom it never buries
            self.kill()

    def _answer_end(self) -> None:
        if answer := self._ending:
            self._ending = None
            answer({"status": self._status, "reason": self._reason})

    def _finish_close(self) -> None:
        """When all processes are gone and the family is no longer needed, give back what it holds."""
        if self._closing and not self._worker and not self._checkpoints:
            self.kill()
            if not reap_group(self._group):
                return  # a process that nobody knew is still on its way out
            for process in self._dead:
                process.close()
            self._dead = []
            self._closing({})
            self._closing = None

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._forget(self._listener)
            os.close(self._listener)
            self._listener = None

    def _judge(self) -> None:
        """Answer a system call that waits for permission."""
        assert self._listener is not None
        if call := supervision.receive(self._listener):
            supervision.respond(self._listener, call, self._refuse(call))

    def _refuse(self, call: SystemCall) -> int:
        """The errno for a call, 0 where it may go on."""
        if call.stays_inside:
            return 0
        if call.is_thread:
            return self._refuse_thread(call.process)
        if call.is_fork and call.process == self._may_fork:
            self._may_fork, self._forked = None, True
            return 0
        return errno.EPERM

    def _refuse_thread(self, process: int) -> int:
        if not self._worker or process != self._worker.pid:
            return errno.EAGAIN  # a copy that is about to stand still
        with suppress(OSError):
            if self.watchdog.may_have_thread(process):
                return 0
        self._exceed("processes")
        return errno.EAGAIN

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
