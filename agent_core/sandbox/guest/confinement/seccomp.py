"""Loads filters of system calls into the kernel (seccomp). What they hold is in seccomp_rules."""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass

from ..libc import system_call

_SET_MODE_FILTER = 1
_FLAG_NEW_LISTENER = 8


@dataclass(frozen=True)
class SeccompFilter:
    """A seccomp filter, compiled once for all workers.

    Attributes:
        program: The filter in BPF.
        call: The number of the system call that loads it.
    """

    program: bytes
    call: int

    @classmethod
    def allowing(cls, *, truncate: bool) -> "SeccompFilter":
        """Make the filter that lists the allowed system calls. Raises an error if libseccomp is missing or fails.

        Args:
            truncate: Whether truncate() is allowed, because Landlock restricts it.
        """
        from . import seccomp_rules

        return cls(seccomp_rules.allowing_program(truncate=truncate), seccomp_rules.number_of("seccomp"))

    @classmethod
    def supervising(cls) -> "SeccompFilter":
        """Make the filter that asks the supervisor. Raises an error if libseccomp is missing or fails."""
        from . import seccomp_rules

        return cls(seccomp_rules.supervising_program(), seccomp_rules.number_of("seccomp"))

    @classmethod
    def without_forks(cls) -> "SeccompFilter":
        """Make the filter of this process that decides by itself what a supervisor would be asked. Raises the same."""
        from . import seccomp_rules

        return cls(seccomp_rules.forkless_program(os.getpid()), seccomp_rules.number_of("seccomp"))

    def load(self, flags: int = 0) -> int:
        """Apply the filter to this process from now on. Returns the supervisor's descriptor if the flags ask for it."""
        described = _Program(len(self.program) // 8, self.program)
        try:
            return system_call(self.call, _SET_MODE_FILTER, flags, ctypes.byref(described))
        except OSError as error:
            raise OSError(error.errno, f"The system-call filter was not accepted: {error.strerror}") from None


def supervise(supervising: SeccompFilter, hand_over: Callable[[int], object]) -> None:
    """Load the filter that asks the supervisor, and pass the supervisor the descriptor to answer on."""
    listener = supervising.load(_FLAG_NEW_LISTENER)
    try:
        hand_over(listener)
    finally:
        os.close(listener)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))
