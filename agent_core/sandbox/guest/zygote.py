"""The zygote: a process that has done the heavy imports and forks a worker in milliseconds.

It takes orders from the app over one socket, runs none of the agents' code, supervises and limits the workers, and
kills them all when the app is gone.
"""

import gc
import importlib
import json
import os
import resource
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from . import libc
from .children import Child, open_channel
from .confinement.broker.broker_link import BrokerLink
from .confinement.layer_names import LayerChoice
from .confinement.readable_paths import readable_paths
from .confinement.watchdog import WatchdogThread
from .confinement.worker_confinement import WorkerConfinement
from .libraries import after_import, fonts, library_settings, processors, thread_semaphores
from .process_group import Answer, ProcessGroup
from .worker_setup import become_worker

_PRELOADED = ("numpy", "pandas", "matplotlib.pyplot", "matplotlib.backends.backend_agg")
_WATCH_SECONDS = 0.05  # from one check of the running workers to the next
_IDLE_SECONDS = 1.0


def main(control: int, hidden: str, choice: LayerChoice, *, unconfined: bool) -> NoReturn:
    """Serve the app's requests.

    Args:
        control: The descriptor of a seqpacket socket; each request is one JSON message.
        hidden: The folder with the app's source, which workers may not read; "" for none.
        choice: The layers to take where several do the same.
        unconfined: Whether to run code even if the kernel cannot confine it.
    """
    _adopt_orphans()
    _raise_own_limits()
    readable = readable_paths(hidden)
    hold = WorkerConfinement(readable, choice, unconfined=unconfined)
    thread_semaphores.install()
    processors.install()
    _preload()
    Zygote(socket.socket(fileno=control), hold).serve()


def _adopt_orphans() -> None:
    """Become the parent of orphaned descendants: checkpoints outlive the worker that they were forked from.

    Without a parent in the session the kernel would take them for stopped jobs whose shell is gone, and send SIGHUP.
    """
    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)


def _raise_own_limits() -> None:
    """Raise the limit of open descriptors: each checkpoint takes two here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(OSError, ValueError):  # fewer checkpoints are better than no code
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _preload() -> None:
    gc.disable()  # what modules make as they are imported stays
    library_settings.set_environment()
    for name in _PRELOADED:
        with suppress(ImportError):  # the agent's code gets an error if it imports a package that is not installed
            importlib.import_module(name)
    after_import.apply()
    fonts.install()
    gc.collect()
    gc.freeze()  # otherwise the collector would touch, and so copy, every inherited page in every worker
    gc.enable()


class Zygote:
    """Keeps the process groups of all chats, under numbers that the app chooses.

    Args:
        control: The socket to the app.
        hold: What confines each worker.
    """

    def __init__(self, control: socket.socket, hold: WorkerConfinement) -> None:
        self._app = os.getppid()
        self._control = control
        self._hold = hold
        self._groups: dict[int, ProcessGroup] = {}
        self._selector = selectors.DefaultSelector()
        self._watch(control.fileno(), self._receive)
        self._watchdogs = WatchdogThread(self._groups)
        self._watch(self._watchdogs.pipe, self._act)
        self._last_look = 0.0

    def serve(self) -> NoReturn:
        while os.getppid() == self._app:
            running = any(group.running for group in self._groups.values())
            self._watchdogs.need(running)
            for key, _ in self._selector.select(_WATCH_SECONDS if running else _IDLE_SECONDS):
                if self._selector.get_map().get(key.fd) is key:  # not forgotten meanwhile
                    key.data()
            self._check_groups()
        self._exit()

    def _watch(self, descriptor: int, react: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _forget(self, descriptor: int) -> None:
        with suppress(KeyError):
            self._selector.unregister(descriptor)

    def _check_groups(self) -> None:
        now = time.monotonic()
        if now - self._last_look >= _WATCH_SECONDS:
            self._last_look = now
            for group in list(self._groups.values()):
                group.check(now)

    def _act(self) -> None:
        for group, finding in self._watchdogs.take():
            group.act_on(finding)

    def _exit(self) -> NoReturn:
        for group in self._groups.values():
            group.kill()
        os._exit(0)

    def _receive(self) -> None:
        """Carry out a request of the app."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 2**16, 2)
        except ConnectionError:  # the app went without reading our last answer
            self._exit()
        if not message:
            self._exit()
        request = json.loads(message)

        def answer(data: dict[str, Any]) -> None:
            try:
                self._control.send(json.dumps({"id": request["id"], **data}).encode())
            except ConnectionError:
                self._exit()  # the app is gone

        try:
            self._carry_out(request, descriptors, answer)
        except OSError as error:
            answer({"error": error.strerror or str(error)})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _carry_out(self, request: dict[str, Any], descriptors: list[int], answer: Answer) -> None:
        number = request["group"]
        if request["do"] == "spawn":
            self._groups[number] = self._spawn(request, descriptors, answer)
            return
        group = self._groups.get(number)
        if group is None:
            answer({"error": "these processes are gone"})
            return
        match request:
            case {"do": "begin", "limits": limits}:
                group.begin(limits)
            case {"do": "extend", "processor_seconds": seconds}:
                group.watchdog.extend_step(seconds)
            case {"do": "checkpoint", "checkpoint": checkpoint}:
                group.make_checkpoint(checkpoint, answer)
            case {"do": "fork", "checkpoint": checkpoint}:
                group.fork_from_checkpoint(checkpoint, descriptors, answer)
            case {"do": "end"}:
                group.end(answer)
            case {"do": "drop", "checkpoints": checkpoints}:
                group.drop(checkpoints)
            case {"do": "close"}:
                group.close(self._closed(number, answer))

    def _closed(self, number: int, answer: Answer) -> Answer:
        def close(data: dict[str, Any]) -> None:
            self._groups.pop(number, None)
            answer(data)

        return close

    def _spawn(self, request: dict[str, Any], descriptors: list[int], answer: Answer) -> ProcessGroup:
        """Fork a worker for a chat."""
        worker = self._fork()
        try:
            order = self._hold.broker_order(worker.pid, request["workspace"], request["limits"])
            broker = BrokerLink(order) if order else None
        except Exception:
            worker.discard()
            raise
        can_fork = self._hold.can_fork
        group = ProcessGroup(worker, request["limits"], self._watch, self._forget, can_fork=can_fork, broker=broker)
        chat = {"workspace": request["workspace"], "limits": request["limits"]}
        group.initialize(json.dumps(chat).encode(), descriptors, answer)
        return group

    def _fork(self) -> Child:
        (ours, theirs), zygote = open_channel(), os.getpid()
        with theirs:
            pid = os.fork()
            if pid == 0:
                become_worker(theirs.fileno(), zygote, self._hold)
        os.setpgid(pid, pid)
        return Child(pid, ours)
