"""The layers that confine a worker, by the names that people read. Used on both sides."""

from typing import NamedTuple

NO_NEW_PRIVILEGES = "no new privileges"
LANDLOCK = "file rules (Landlock)"
MOUNTS = "file rules (mount namespace)"
BROKER = "file rules (file broker)"
TCP = "TCP rules (Landlock)"
SIGNALS = "signal rules (Landlock)"
CALLS = "system-call filter (seccomp)"
SUPERVISION = "process supervision (seccomp)"
NO_FORKS = "process rules (seccomp)"
CAPABILITIES = "no capabilities"
LIMITS = "resource limits"
WATCHDOG = "watchdog (memory, processor, disk)"

FILES = (LANDLOCK, MOUNTS, BROKER)  # any of them is enough; the first that the machine has is taken
PROCESSES = (SUPERVISION, NO_FORKS)  # likewise
ALL = (NO_NEW_PRIVILEGES, *FILES, TCP, SIGNALS, CALLS, *PROCESSES, CAPABILITIES, LIMITS)
# No code runs unless of each of these lines a layer holds.
REQUIRED = (FILES, (CALLS,), PROCESSES, (NO_NEW_PRIVILEGES,), (CAPABILITIES,))
GAPS = {
    BROKER: "Code can ask whether a file exists, and for its size and time, in the folders of other chats, too, but "
    "cannot read it. Opening many files takes longer.",
    NO_FORKS: "Variables cannot be kept for going back: after a crash, a stop by force or an undone step they are "
    "gone, and files are as they were. Threads beyond the limit end the step within a moment, not before they begin.",
}
"""What a layer cannot do that another one of its kind can, in a sentence."""


class LayerChoice(NamedTuple):
    """Which layers of those that do the same a worker takes.

    Attributes:
        files: One of FILES.
        processes: One of PROCESSES.
    """

    files: str = LANDLOCK
    processes: str = SUPERVISION


DEFAULT_CHOICE = LayerChoice()
