"""All attempts, and each as the program that runs inside."""

import textwrap
from functools import cache
from pathlib import Path

import pyseccomp

from tests.agent_core.sandbox.escapes import (
    bombs,
    disk,
    execute,
    files_change,
    files_read,
    left_behind,
    machine,
    memory,
    network,
    output,
    processes,
    processor,
    secrets,
    sockets,
)
from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import Facts

_MODULES = (files_read, files_change, execute, network, sockets, processes, secrets, machine)
_AMOUNTS = (left_behind, memory, processor, bombs, disk, output)
ATTEMPTS: tuple[Attempt, ...] = tuple(attempt for module in (*_MODULES, *_AMOUNTS) for attempt in module.ATTEMPTS)

# The same on every architecture, and too new for some releases of libseccomp.
_NEW_CALLS = {
    "fchmodat2": 452,
    "listmount": 458,
    "setxattrat": 463,
    "getxattrat": 464,
    "open_tree_attr": 467,
    "file_setattr": 469,
}
_OUTSIDE = -1  # a number that no call has: ENOSYS


def program(attempt: Attempt, facts: Facts) -> str:
    """The text that runs inside. Its last expression is how the attempt ended, as `prelude.outcome` says it."""
    body = textwrap.indent(textwrap.dedent(attempt.code), "    ")
    given = f"NUMBERS.update({_numbers(attempt.code)!r})\ncanary = SimpleNamespace(**{dict(facts)!r})"
    return f"{_prelude()}\n{given}\ndef attempt():\n{body}\nending = outcome(attempt)\nending"


@cache
def _prelude() -> str:
    return Path(__file__).with_name("prelude.py").read_text()


def _numbers(code: str) -> dict[str, int]:
    """The system calls that the code names, by their numbers on this machine."""
    words = {word for word in code.replace('"', "'").split("'")[1::1] if word.isidentifier()}
    return {word: number for word in words if (number := _number(word)) is not None}


@cache
def _number(name: str) -> int | None:
    if name in _NEW_CALLS:
        return _NEW_CALLS[name]
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number >= 0:
        return number
    return _OUTSIDE if number < -1 else None  # of another architecture, or no name of a call at all
