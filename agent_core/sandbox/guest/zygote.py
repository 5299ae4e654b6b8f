"""The zygote: a process that has the heavy imports behind it and forks a worker in milliseconds.

It obeys the app over one socket, runs no code of any agent, judges and limits what the workers do, and takes all of
them with it when the app is gone.
"""

import ctypes
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

from . import confine
from .children import Child, open_channel
from .process_group import Answer, ProcessGroup
from .watchdog import WatchdogThread
from .worker_setup import become_worker

_PRELOADED = ("numpy", "pandas", "matplotlib.pyplot", "matplotlib.backends.backend_agg")
_PR_SET_CHILD_SUBREAPER = 36
_WATCH_SECONDS = 0.05  # from one look at the running workers to the next
_IDLE_SECONDS = 1.0


def main(control: int, hidden: str, unconfined: bool) -> NoReturn:
    """Serve the app's requests.

    control: the descriptor of a seqpacket socket, one JSON message per request. hidden: the folder with the app's
    source. unconfined: run code even where the kernel cannot hold it.
    """
    _adopt_orphans()
    _raise_own_limits()
    readable = confine.readable_paths(hidden)
    hold = confine.WorkerConfinement(readable, unconfined=unconfined)
    _preload()
    Zygote(socket.socket(fileno=control), hold).serve()


def _adopt_orphans() -> None:
    """Be the parent of every process below whose own is gone: checkpoints outlive the worker they were forked from.

    Else the kernel would hang up on them, too: to it they would be stopped jobs whose shell is gone.
    """
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("This process cannot adopt others.")


def _raise_own_limits() -> None:
    """Each checkpoint takes two descriptors here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(OSError, ValueError):  # fewer checkpoints are better than no code
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _preload() -> None:
    for name in _PRELOADED:
        with suppress(ImportError):  # the agent's code is told when it asks for a package that is not installed
            importlib.import_module(name)
    with suppress(ImportError):
        import numpy as np

        np.set_printoptions(legacy="1.25")  # so that a list of results reads [1.5], not [np.float64(1.5)]
    gc.collect()
    gc.freeze()  # else the collector would touch, and so copy, every inherited page in every worker


class Zygote:
    """Keeps the families. The app knows them by numbers of its own choice."""

    def __init__(self, control: socket.socket, hold: confine.WorkerConfinement) -> None:
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
            running = any(family.running for family in self._groups.values())
            self._watchdogs.need(running)
            for key, _ in self._selector.select(_WATCH_SECONDS if running else _IDLE_SECONDS):
                if self._selector.get_map().get(key.fd) is key:  # not forgotten meanwhile
                    key.data()
            self._look()
        self._leave()

    def _watch(self, descriptor: int, react: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _forget(self, descriptor: int) -> None:
        with suppress(KeyError):
            self._selector.unregister(descriptor)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._last_look >= _WATCH_SECONDS:
            self._last_look = now
            for family in list(self._groups.values()):
                family.check(now)

    def _act(self) -> None:
        for family, finding in self._watchdogs.take():
            family.act_on(finding)

    def _leave(self) -> NoReturn:
        for family in self._groups.values():
            family.kill()
        os._exit(0)

    def _receive(self) -> None:
        """Obey a request of the app."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 2**16, 2)
        if not message:
            self._leave()
        request = json.loads(message)

        def answer(data: dict[str, Any]) -> None:
            try:
                self._control.send(json.dumps({"id": request["id"], **data}).encode())
            except ConnectionError:
                self._leave()  # the app is gone

        try:
            self._obey(request, descriptors, answer)
        except OSError as error:
            answer({"error": error.strerror or str(error)})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _obey(self, request: dict[str, Any], descriptors: list[int], answer: Answer) -> None:
        number = request["family"]
        if request["do"] == "spawn":
            self._groups[number] = self._spawn(request, descriptors, answer)
            return
        family = self._groups.get(number)
        if family is None:
            answer({"error": "these processes are gone"})
            return
        match request:
            case {"do": "begin", "processor_seconds": seconds}:
                family.begin(seconds)
            case {"do": "park", "checkpoint": checkpoint}:
                family.make_checkpoint(checkpoint, answer)
            case {"do": "wake", "checkpoint": checkpoint}:
                family.fork_from_checkpoint(checkpoint, descriptors, answer)
            case {"do": "end"}:
                family.end(answer)
            case {"do": "drop", "checkpoints": checkpoints}:
                family.drop(checkpoints)
            case {"do": "close"}:
                family.close(self._closed(number, answer))

    def _closed(self, number: int, answer: Answer) -> Answer:
        def close(data: dict[str, Any]) -> None:
            self._groups.pop(number, None)
            answer(data)

        return close

    def _spawn(self, request: dict[str, Any], descriptors: list[int], answer: Answer) -> ProcessGroup:
        """Fork a worker for a chat."""
        family = ProcessGroup(self._fork(), request["limits"], self._watch, self._forget)
        chat = {"workspace": request["workspace"], "limits": request["limits"]}
        family.initialize(json.dumps(chat).encode(), descriptors, answer)
        return family

    def _fork(self) -> Child:
        (ours, theirs), zygote = open_channel(), os.getpid()
        with theirs:
            pid = os.fork()
            if pid == 0:
                become_worker(theirs.fileno(), zygote, self._hold)
        os.setpgid(pid, pid)
        return Child(pid, ours)
