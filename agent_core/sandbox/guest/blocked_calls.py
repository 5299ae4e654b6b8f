"""Starting programs and processes, which the kernel refuses, refused in words that help."""

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
    """No other program or process can be started."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name


def install() -> None:
    """To be done before any code of the agent runs. A courtesy: what goes round it meets the kernel."""
    for name in _PROCESSES:
        setattr(os, name, _refuse)
    _posixsubprocess.fork_exec = _refuse
    if subprocess := sys.modules.get("subprocess"):
        vars(subprocess)["_fork_exec"] = _refuse


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise ProcessDenied(errno.EPERM, "No other programs or processes can be started here; do it in Python itself")
