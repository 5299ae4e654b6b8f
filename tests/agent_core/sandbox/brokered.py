"""The broker's calls, made in this process: it stands for the worker, and its own memory holds the arguments."""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

import pyseccomp

from agent_core.sandbox.guest.confinement.broker.caller import Callers
from agent_core.sandbox.guest.confinement.broker.file_calls import FileCalls, Opened
from agent_core.sandbox.guest.confinement.broker.file_paths import FilePaths
from agent_core.sandbox.guest.confinement.broker.roots import Roots
from agent_core.sandbox.guest.confinement.seccomp_rules import BROKERED

AT_FDCWD = -100
Argument = int | bytes | ctypes.Array[ctypes.c_char]
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class InBroker:
    """Makes calls as a broker would. readable, workspace: what it may open."""

    def __init__(self, workspace: Path, readable: Iterable[Path] = ()) -> None:
        roots = Roots([str(path) for path in readable], ["/dev/null"], str(workspace))
        callers = Callers(lambda thread: os.open(f"/proc/{thread}/mem", os.O_RDWR), lambda: None)
        self._calls = FileCalls(FilePaths(roots), callers).by_name
        assert set(self._calls) == set(BROKERED.split())  # one without an answer would be refused

    def call(self, name: str, *arguments: Argument) -> int:
        """The result, for which a call that opens has a descriptor. Raises OSError."""
        kept = [ctypes.create_string_buffer(value) if isinstance(value, bytes) else value for value in arguments]
        numbers = [value if isinstance(value, int) else ctypes.addressof(value) for value in kept]
        registers = tuple(number & 2**64 - 1 for number in numbers)
        umask = os.umask(0)
        os.umask(umask)
        try:
            done = self._calls[name](os.getpid(), (*registers, *[0] * (6 - len(registers))))
        finally:
            os.umask(umask)  # the broker has one of its own
        return done.descriptor if isinstance(done, Opened) else done

    def open(self, path: str | Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
        return self.call("openat", AT_FDCWD, os.fsencode(path), flags, mode)


def in_kernel(name: str, *arguments: Argument) -> int:
    """The same call, made by the kernel. Raises OSError."""
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    result = _libc.syscall(ctypes.c_long(number), *given)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
