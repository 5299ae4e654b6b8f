"""Gives code that calls os.fork, subprocess and the like an error that says what to do instead.

Nothing is held by this: the kernel refuses new programs and processes, whichever way the code asks for them.
"""

import _posixsubprocess
import errno
import os
import sys
from typing import Any, NoReturn

_PROCESSES = (
    *("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "popen"),
    *("execv", "execve", "spawnv", "spawnve", "spawnvp", "spawnvpe"),
)


class ProcessDenied(PermissionError):
    """Another program or process was to be started."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name


def install() -> None:
    """Replace the functions that start processes. Call it before any of the agent's code runs."""
    for name in _PROCESSES:
        setattr(os, name, _refuse)
    _posixsubprocess.fork_exec = _refuse
    if subprocess := sys.modules.get("subprocess"):
        vars(subprocess)["_fork_exec"] = _refuse


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise ProcessDenied(errno.EPERM, "No other programs or processes can be started here; do it in Python itself")
