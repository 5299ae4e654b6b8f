"""Turns a fresh fork of the zygote into a confined worker."""

import json
import os
import random
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from . import libc, wire_format
from .channel import Channel
from .checkpoint_fork import CheckpointForks
from .confinement.layer_names import REQUIRED
from .confinement.worker_confinement import FileRules, Prepared, WorkerConfinement, apply_layers
from .errors import process_errors
from .network import Network
from .streams import Streams
from .worker import Worker

_NICENESS = 5  # endless loops must not keep the app, or other chats' short steps, waiting


def become_worker(control: int, zygote: int, hold: WorkerConfinement) -> NoReturn:
    """Turn this process into a worker, wait for its chat, and serve until the host closes the socket.

    Args:
        control: The descriptor of the socket to the zygote. Its first message holds the workspace and the limits, with
            the descriptors of the host's socket and output pipe.
        zygote: The zygote's process id; the worker dies with it.
        hold: What confines the worker.
    """
    try:
        os.setpgid(0, 0)
        _die_with(zygote)
        orders = socket.socket(fileno=_keep_only(control))
        _reset_inherited()
        rules = hold.rules()
        message, descriptors, _, _ = socket.recv_fds(orders, 2**16, 2)
        if message:
            _serve(orders, json.loads(message), descriptors, hold, rules)
    except BaseException as error:
        # No traceback: it would reveal the host's paths in the output.
        os.write(2, "".join(traceback.format_exception_only(error)).encode())
    finally:
        os._exit(wire_format.FAILED)


def _die_with(parent: int) -> None:
    libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(wire_format.FAILED)


def _keep_only(control: int) -> int:
    """Close all descriptors but one. Returns its new number.

    The number is low, however many descriptors the zygote has: above the limit that is set later, the descriptor could
    not be replaced.
    """
    kept = 10
    if control != kept:
        os.dup2(control, kept, inheritable=False)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.closerange(3, kept)
    os.closerange(kept + 1, 2**16)
    return kept


def _reset_inherited() -> None:
    """Set what is inherited from the zygote to values of the worker's own: priority, environment, random seeds."""
    os.nice(_NICENESS)
    with suppress(OSError):  # if the machine runs out of memory, the worker is killed, not the app
        Path("/proc/self/oom_score_adj").write_text("900")
    os.environ.pop("MPLCONFIGDIR", None)
    sys.argv = [""]
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # otherwise every fork would draw the same numbers


def _serve(
    orders: socket.socket,
    chat: dict[str, Any],
    descriptors: list[int],
    hold: WorkerConfinement,
    rules: Prepared[FileRules],
) -> NoReturn:
    sock, output = descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    workspace = chat["workspace"]
    os.chdir(workspace)
    os.environ.update(HOME=workspace, TMPDIR=str(Path(workspace, wire_format.TEMPORARY)))
    tempfile.tempdir = None
    channel, streams = Channel(socket.socket(fileno=sock), orders), Streams(output)
    network = Network(channel)
    network.install()
    process_errors.install()
    worker = Worker(channel, streams, CheckpointForks(orders, channel, streams, network), workspace)
    try:
        _confine(chat, orders, hold, rules)
    except Exception as error:
        orders.send(str(error)[:1000].encode())
        raise
    worker.rehearse()
    orders.send(b"ready")
    worker.serve()


def _confine(chat: dict[str, Any], orders: socket.socket, hold: WorkerConfinement, rules: Prepared[FileRules]) -> None:
    """Apply every layer. Raises the error of a required one that fails, unless code may run unconfined."""

    def hand_over(listener: int) -> None:
        socket.send_fds(orders, [b"listener"], [listener])

    for layer, error in apply_layers(hold.layers(rules, chat["workspace"], chat["limits"], hand_over)):
        if error and any(layer in same for same in REQUIRED) and not hold.unconfined:
            raise error
