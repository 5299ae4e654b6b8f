"""The worker's standard streams: descriptors 1 and 2 are a pipe that the host made and reads."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

_libc = ctypes.CDLL(None)


class Streams:
    """Sets up sys.stdout and sys.stderr before each step, whatever the last one did to them.

    Args:
        pipe: The descriptor of the host's pipe.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._own: dict[str, TextIO] = {}

    def detach(self) -> None:
        """Disconnect from the host's pipe. The descriptors' numbers stay taken."""
        with Path(os.devnull).open("r+b") as nothing:
            for descriptor in (self._pipe, 1, 2):
                os.dup2(nothing.fileno(), descriptor, inheritable=descriptor < 3)

    def attach(self, pipe: int) -> None:
        """Write to this pipe from now on."""
        os.dup2(pipe, self._pipe, inheritable=False)
        os.close(pipe)
        self.restore()

    def restore(self) -> None:
        """Connect sys.stdout, sys.stderr and their descriptors to the pipe again."""
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            os.dup2(self._pipe, descriptor)
            if name not in self._own or self._own[name].closed:
                self._own[name] = _open(descriptor)
            setattr(sys, name, self._own[name])

    def flush(self) -> None:
        """Flush the buffers of Python and C."""
        streams: list[Any] = [vars(sys).get("stdout"), vars(sys).get("stderr"), *self._own.values()]
        for stream in streams:
            with suppress(Exception):  # the agent's code may have closed, removed or replaced them
                stream.flush()
        _libc.fflush(None)


def _open(descriptor: int) -> TextIO:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
