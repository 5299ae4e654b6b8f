"""From a fresh fork of the zygote to a worker process of its own."""

import ctypes
import fcntl
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from .interrupts import Interrupts
from .link import Link
from .streams import Streams
from .worker import TEMPORARY, Worker

_PR_SET_PDEATHSIG = 1
_FAILED = 70  # EX_SOFTWARE: the worker itself, not the agent's code, went wrong
_libc = ctypes.CDLL(None)


def become_worker(sock: int, output: int, workspace: str, parent: int) -> NoReturn:
    """Turn this process into a worker and serve until the host closes the socket.

    sock, output: descriptors that the host made. parent: the zygote, with which the worker dies.
    """
    try:
        os.setsid()
        _die_with(parent)
        sock, output = _keep_only(sock, output)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _settle(workspace)
        interrupts = Interrupts()
        interrupts.install()
        link = Link(socket.socket(fileno=sock), interrupts)
        Worker(link, interrupts, Streams(output), workspace).serve()
    except BaseException as error:
        # No traceback: it would show the host's paths to whoever reads the output.
        os.write(2, "".join(traceback.format_exception_only(error)).encode())
    finally:
        os._exit(_FAILED)


def _die_with(parent: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(_FAILED)


def _keep_only(sock: int, output: int) -> tuple[int, int]:
    """Give the worker its own descriptors and close all others; the two, under the numbers they have now."""
    sock = fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, 10)
    output = fcntl.fcntl(output, fcntl.F_DUPFD_CLOEXEC, 10)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in (0, 1, 2, sock, output):
            with suppress(OSError):  # the listing's own descriptor is closed by now
                os.close(descriptor)
    return sock, output


def _settle(workspace: str) -> None:
    """Let everything that depends on the place, the user or the process be the worker's own."""
    os.chdir(workspace)
    os.environ.pop("MPLCONFIGDIR", None)
    os.environ.update(HOME=workspace, TMPDIR=str(Path(workspace, TEMPORARY)))
    tempfile.tempdir = None
    sys.argv = [""]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # else every fork would draw the same numbers
