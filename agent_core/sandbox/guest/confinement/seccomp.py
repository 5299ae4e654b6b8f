"""Loads filters of system calls into the kernel (seccomp). What they hold is in seccomp_rules."""

import ctypes
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

from ..libc import system_call

_SET_MODE_FILTER = 1
_FLAG_NEW_LISTENER, _FLAG_WAIT_KILLABLE = 8, 32


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
    def allowing(cls, *, truncate: bool, chdir: bool) -> "SeccompFilter":
        """Make the filter that lists the allowed system calls. Raises an error if libseccomp is missing or fails.

        Args:
            truncate: Whether truncate() is allowed, because the file layer restricts it.
            chdir: Whether chdir() is allowed; likewise.
        """
        from . import seccomp_rules

        program = seccomp_rules.allowing_program(truncate=truncate, chdir=chdir)
        return cls(program, seccomp_rules.number_of("seccomp"))

    @classmethod
    def supervising(cls, *, files: bool) -> "SeccompFilter":
        """Make the filter that asks the supervisor. Raises an error if libseccomp is missing or fails.

        Args:
            files: Whether to ask for the calls on files, too, because a broker makes them.
        """
        from . import seccomp_rules

        return cls(seccomp_rules.supervising_program(files=files), seccomp_rules.number_of("seccomp"))

    @classmethod
    def brokering(cls) -> "SeccompFilter":
        """Make the filter of a broker's own calls. Raises the same."""
        from . import seccomp_rules
        from .supervision import REQUESTS

        return cls(seccomp_rules.brokering_program(REQUESTS), seccomp_rules.number_of("seccomp"))

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


def supervise(supervising: SeccompFilter, hand_over: Callable[[int], object], *, once: bool = False) -> None:
    """Load the filter that asks the supervisor, and pass the supervisor the descriptor to answer on.

    Args:
        supervising: The filter.
        hand_over: Passes the descriptor.
        once: Whether no call should be asked about twice, although a signal came in between: a file that was made
            would be in the way the second time. Kernels before 5.19 cannot do that.
    """
    try:
        listener = supervising.load(_FLAG_NEW_LISTENER | (_FLAG_WAIT_KILLABLE if once else 0))
    except OSError as error:
        if not once or error.errno != errno.EINVAL:
            raise
        listener = supervising.load(_FLAG_NEW_LISTENER)
    try:
        hand_over(listener)
    finally:
        os.close(listener)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))
