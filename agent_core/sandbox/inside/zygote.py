"""The zygote: a process that has the heavy imports behind it and forks a worker in milliseconds.

It obeys the app over one socket, runs no code of any agent, and takes its workers with it when the app is gone.
"""

import gc
import importlib
import json
import os
import signal
import socket
from contextlib import suppress
from typing import Any, NoReturn

from .process import become_worker

_PRELOADED = ("numpy", "pandas", "matplotlib.pyplot", "matplotlib.backends.backend_agg")


def main(control: int) -> NoReturn:
    """Serve the app's requests. control: the descriptor of a seqpacket socket, one JSON message per request."""
    _preload()
    Zygote(socket.socket(fileno=control)).serve()


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
    """Forks workers, signals them and buries them. The app knows them by numbers of its own choice."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: dict[int, int] = {}

    def serve(self) -> NoReturn:
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, 2**16, 2)
            if not message:
                break
            try:
                answer = self._obey(json.loads(message), descriptors)
            except OSError as error:
                answer = {"error": error.strerror}
            self._control.send(json.dumps(answer).encode())
        for pid in self._workers.values():
            _kill(pid)
        os._exit(0)

    def _obey(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        match request:
            case {"do": "spawn", "worker": number, "workspace": workspace}:
                self._workers[number] = self._spawn(descriptors, workspace)
            case {"do": "interrupt", "worker": number} if number in self._workers:
                os.kill(self._workers[number], signal.SIGINT)
            case {"do": "end", "worker": number} if number in self._workers:
                pid = self._workers.pop(number)
                _kill(pid)
                return {"status": os.waitpid(pid, 0)[1]}
        return {}

    def _spawn(self, descriptors: list[int], workspace: str) -> int:
        zygote = os.getpid()
        sock, output = descriptors
        try:
            pid = os.fork()
            if pid == 0:
                become_worker(sock, output, workspace, zygote)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return pid


def _kill(pid: int) -> None:
    """Kill a worker and its process group. Its number is not free again before it was waited for."""
    os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
