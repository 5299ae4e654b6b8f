"""The layers that confine a worker, by the names that people read. Used on both sides."""

NO_NEW_PRIVILEGES = "no new privileges"
FILES = "file rules (Landlock)"
TCP = "TCP rules (Landlock)"
SIGNALS = "signal rules (Landlock)"
CALLS = "system-call filter (seccomp)"
SUPERVISION = "process supervision (seccomp)"
CAPABILITIES = "no capabilities"
LIMITS = "resource limits"
WATCHDOG = "watchdog (memory, processor, disk)"

TRIED = (NO_NEW_PRIVILEGES, FILES, TCP, SIGNALS, CALLS, SUPERVISION, CAPABILITIES, LIMITS)
REQUIRED = (FILES, CALLS, SUPERVISION, NO_NEW_PRIVILEGES, CAPABILITIES)  # no code runs without all of these
