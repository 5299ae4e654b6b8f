"""From a fresh fork of the zygote to a worker process of its own, confined."""

import ctypes
import fcntl
import os
import random
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from . import confine, refusals
from .link import Link
from .network import Network
from .parking import Parking
from .streams import Streams
from .worker import TEMPORARY, Worker

_PR_SET_PDEATHSIG = 1
_NICENESS = 5  # endless loops must not keep the app, or other chats' short steps, waiting
_FAILED = 70  # EX_SOFTWARE: the worker itself, not the agent's code, went wrong
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Place:
    """Where a worker lives and what holds it there. limits: as Limits has them in the host."""

    workspace: str
    limits: Mapping[str, int]
    readable: list[str]
    programs: confine.Programs | None
    unconfined: bool


def become_worker(sock: int, output: int, control: int, zygote: int, place: Place) -> NoReturn:
    """Turn this process into a worker and serve until the host closes the socket.

    sock, output: descriptors that the host made. control: the socket to the zygote, with which the worker dies.
    """
    try:
        os.setpgid(0, 0)
        _die_with(zygote)
        sock, output, control = _keep_only(sock, output, control)
        _settle(place.workspace)
        orders = socket.socket(fileno=control)
        try:
            _confine(place, orders)
        except Exception as error:
            orders.send(str(error)[:1000].encode())
            raise
        orders.send(b"ready")
        link, streams = Link(socket.socket(fileno=sock), orders), Streams(output)
        network = Network(link)
        network.install()
        refusals.install()
        Worker(link, streams, Parking(orders, link, streams, network), place.workspace).serve()
    except BaseException as error:
        # No traceback: it would show the host's paths to whoever reads the output.
        os.write(2, "".join(traceback.format_exception_only(error)).encode())
    finally:
        os._exit(_FAILED)


def _die_with(parent: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(_FAILED)


def _keep_only(*descriptors: int) -> list[int]:
    """Give the worker its own descriptors, numbered from 10 in this order, and close all others."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 1000) for descriptor in descriptors]
    kept = [os.dup2(descriptor, number, inheritable=False) for number, descriptor in enumerate(high, 10)]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(kept[1], number)
    os.closerange(3, 10)
    os.closerange(10 + len(kept), 2**16)
    return kept


def _settle(workspace: str) -> None:
    """Let everything that depends on the place, the user or the process be the worker's own."""
    os.nice(_NICENESS)
    with suppress(OSError):  # where memory runs out for all, the app is not what goes
        Path("/proc/self/oom_score_adj").write_text("900")
    os.chdir(workspace)
    os.environ.pop("MPLCONFIGDIR", None)
    os.environ.update(HOME=workspace, TMPDIR=str(Path(workspace, TEMPORARY)))
    tempfile.tempdir = None
    sys.argv = [""]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # else every fork would draw the same numbers


def _confine(place: Place, orders: socket.socket) -> None:
    """Take every layer; one that is not there stops the worker, unless it may run unconfined."""

    def hand_over(listener: int) -> None:
        socket.send_fds(orders, [b"listener"], [listener])

    def restrict_calls() -> None:
        if place.programs:
            confine.restrict_calls(place.programs, hand_over)

    layers: list[Callable[[], None]] = [
        confine.forbid_new_privileges,
        lambda: confine.limit_resources(place.limits),
        confine.drop_capabilities,
        lambda: confine.restrict_files(place.workspace, place.readable),
        restrict_calls,
    ]
    for take in layers:
        try:
            take()
        except OSError:
            if not place.unconfined:
                raise
