"""Runs attempts, each in a throw-away process that every layer holds but some. Never part of a sandbox.

A line on its standard input tells of each: the program, the workspace, the limits, which layers to lift, for how long
to wait, and a file. To that goes what the program printed and "ending:" with how it ended; last, for what the program
left behind or never ended, a line of its own. Then it says "done" on its standard output. What the host does for a
sandbox, nobody does here: wall time, the watchdog and the limits on output are lifted always.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

# As in the zygote, it is a package of its own: the app's other modules stay out of this process.
from guest import libc  # pyright: ignore[reportMissingImports]
from guest.confinement import (  # pyright: ignore[reportMissingImports]
    layer_names,
    readable_paths,
    seccomp,
    supervision,
    worker_confinement,
)

_LOOK_SECONDS = 0.02
_ALLOW_ALL = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF_0000)  # a filter of one instruction

_LAYERS = {
    "rlimits": layer_names.LIMITS,
    "capabilities": layer_names.CAPABILITIES,
    "landlock": layer_names.LANDLOCK,
    "seccomp": layer_names.CALLS,
}


def main(hidden: str) -> None:
    """hidden: the folder with the app's source, which stays unreadable."""
    confinement = worker_confinement.WorkerConfinement(
        readable_paths.readable_paths(hidden), layer_names.LayerChoice(), unconfined=False
    )
    for line in sys.stdin:
        if (process := os.fork()) == 0:
            _carry_out(json.loads(line), confinement)
        os.waitpid(process, 0)
        print("done", flush=True)


def _carry_out(order: Mapping[str, Any], confinement: worker_confinement.WorkerConfinement) -> NoReturn:
    for path, flags, standard in ((os.devnull, os.O_RDONLY, 0), (order["output"], os.O_WRONLY, 1)):
        os.dup2(opened := os.open(path, flags), standard)
        os.close(opened)
    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    ours, theirs = socket.socketpair()
    confinement.readable = [*confinement.readable, *order["readable"]]
    if (child := os.fork()) == 0:
        ours.close()
        _run(order, confinement, theirs)
    theirs.close()
    ended = _watch(child, _listener(ours), order["seconds"])
    survivors = _end_all()
    if not ended:
        print("\nending: reached the end of its time", flush=True)
    elif survivors:
        print("\nending: reached, and left a process behind", flush=True)
    os._exit(0)


def _run(
    order: Mapping[str, Any], confinement: worker_confinement.WorkerConfinement, orders: socket.socket
) -> NoReturn:
    os.dup2(1, 2)
    os.chdir(order["workspace"])
    _confine(set(order["lifted"]), order, confinement, orders)
    orders.close()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(order["program"], namespace)
        print(f"\nending: {namespace['ending']}", flush=True)
    finally:
        os._exit(0)


def _confine(
    lifted: set[str], order: Mapping[str, Any], confinement: worker_confinement.WorkerConfinement, orders: socket.socket
) -> None:
    """As a worker is confined, in the same order."""

    def hand_over(listener: int) -> None:
        socket.send_fds(orders, [b"listener"], [listener])

    confinement.choice = layer_names.LayerChoice(files=order["files"])
    steps = confinement.layers(confinement.rules(), order["workspace"], order["limits"], hand_over)
    if "notify" in lifted:  # whoever watches waits for a descriptor
        nothing = seccomp.SeccompFilter(_ALLOW_ALL, confinement.allowing.get().call)
        steps[layer_names.SUPERVISION] = lambda: seccomp.supervise(nothing, hand_over)
    for name in lifted & _LAYERS.keys():
        del steps[_LAYERS[name]]
    for _, error in worker_confinement.apply_layers(steps):
        if error:
            raise error


def _listener(ours: socket.socket) -> int:
    return socket.recv_fds(ours, 16, 1)[1][0]


def _watch(child: int, listener: int, seconds: float) -> bool:
    """Judge what the child asks for, as its zygote would. Returns whether it ended in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return True
        if select.select([listener], [], [], _LOOK_SECONDS)[0] and (call := supervision.receive(listener)):
            supervision.respond(listener, call, 0 if call.stays_inside or call.is_thread else 1)
    return False


def _end_all() -> int:
    """Kill whatever is still below this process. Returns how many there were."""
    killed = 0
    while children := _children():
        for child in children:
            os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
            killed += 1
    return killed


def _children() -> list[int]:
    """Those that run: one that has ended and only waits to be reaped was not left behind."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    return [int(child) for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


if __name__ == "__main__":
    main(sys.argv[1])
