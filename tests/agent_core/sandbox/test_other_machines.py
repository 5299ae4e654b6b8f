"""The filters of a machine with ARM processors say the same as those of this one."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress

import pyseccomp
import pytest
from pyseccomp import Arch, SyscallFilter

from agent_core.sandbox.guest.confinement import seccomp_rules
from agent_core.sandbox.guest.confinement.thread_flags import THREAD_MAY, THREAD_MUST
from tests.agent_core.sandbox.filters import verdict

X86_64, AARCH64 = 0xC000_003E, 0xC000_00B7  # as the kernel calls them
KILL = 0x8000_0000
PROGRAMS: dict[str, Callable[[], bytes]] = {
    "allowing": lambda: seccomp_rules.allowing_program(truncate=True, chdir=True),
    "allowing less": lambda: seccomp_rules.allowing_program(truncate=False, chdir=False),
    "supervising": lambda: seccomp_rules.supervising_program(files=False),
    "supervising files": lambda: seccomp_rules.supervising_program(files=True),
    "without forks": lambda: seccomp_rules.forkless_program(4_242),
}
# What the rules look at, and what is near to it.
VALUES = (
    *(0, 1, 2, 3, 4, 6, 8, 10, 16, 41, 4_242, 4_243, 0o644, 0o4755, 0o2755, 0x40, 0x40_0000, 0x5401, 0x5413, 0x541B),
    *(0x1200011, 0x20, 0x22, 0x4_0022, 0x21, 0x2000_0000, 2**32 + 4_242, 2**64 - 1),
    *(THREAD_MUST, THREAD_MAY, THREAD_MUST | 0x1000_0000, THREAD_MAY & ~0x100, THREAD_MUST | 2**40),
)


class _ForArm(SyscallFilter):
    """Libseccomp makes it for another machine, and finds the numbers by the names."""

    def __init__(self, action: int) -> None:
        super().__init__(action)
        self.add_arch(Arch.AARCH64)
        self.remove_arch(Arch.NATIVE)


def _calls() -> Iterator[tuple[str, int, int]]:
    """Every call that both machines have, by its name and its two numbers."""
    for number in range(600):
        with suppress(ValueError):  # no call has this number
            name = pyseccomp.resolve_syscall(Arch.X86_64, number)
            assert isinstance(name, bytes)
            there = pyseccomp.resolve_syscall(Arch.AARCH64, name.decode())
            if isinstance(there, int) and there >= 0:
                yield name.decode(), number, there


def _has(name: str) -> int:
    """The number of a call here, if ARM has it: a call that a machine does not have gets no rule there."""
    here = pyseccomp.resolve_syscall(Arch.X86_64, name)
    return here if pyseccomp.resolve_syscall(Arch.AARCH64, name) >= 0 else -1


@pytest.mark.skipif(pyseccomp.system_arch() != Arch.X86_64, reason="it compares with this machine")
@pytest.mark.parametrize("which", PROGRAMS)
def test_filters_say_the_same(which: str, monkeypatch: pytest.MonkeyPatch):
    here = PROGRAMS[which]()
    monkeypatch.setattr(seccomp_rules, "SyscallFilter", _ForArm)
    monkeypatch.setattr(seccomp_rules, "number_of", _has)
    there = PROGRAMS[which]()
    calls, choose = list(_calls()), random.Random(1)
    assert len(calls) > 200
    for name, number, other in calls:
        for _ in range(60):
            arguments = [choose.choice(VALUES) for _ in range(6)]
            expected = verdict(here, X86_64, number, arguments)
            assert verdict(there, AARCH64, other, arguments) == expected, (name, arguments)
    assert verdict(there, X86_64, 0) == verdict(here, AARCH64, 63) == KILL


@pytest.mark.parametrize("flags", [0x11, 0x1200011, THREAD_MUST & ~0x100, THREAD_MUST | 0x2000_0000])
def test_what_is_no_thread_is_refused_without_a_supervisor(flags: int):
    program = seccomp_rules.forkless_program(4_242)
    architecture = X86_64 if pyseccomp.system_arch() == Arch.X86_64 else AARCH64
    number = seccomp_rules.number_of("clone")
    assert verdict(program, architecture, number, [flags]) == 0x0005_0001  # EPERM
    assert verdict(program, architecture, number, [THREAD_MAY]) == 0x7FFF_0000
